import { appNow, type Tx } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";
import { markNeeds } from "../requests/index.ts";
import type { UndoAnswer } from "./agreements.schema.ts";
import { releaseFor } from "./agreements.service.ts";
import { counting, setRelease, setStep, stepsOf, undoSteps, type WalkingAgreement } from "./handover.repository.ts";
import { judgeUndo, stepBefore, type WhyNotUndone } from "./handover.rules.ts";
import { announceWalked, lockMine, stepNamed } from "./handover.service.ts";
import { withdrawTasks } from "./tasks.service.ts";

type Item = UndoAnswer["items"][number];

const refused = (id: string, step: Item["step"], whyNot: WhyNotUndone): Item => ({
  id,
  step,
  changed: false,
  whyNot,
  owedNext: "nothing",
});

/** Takes one step back; every row stays (rule H1). A need follows: told → agreed, closed → where it was. */
const takeBack = async (tx: Tx, actor: Actor, agreement: WalkingAgreement, before: string): Promise<void> => {
  await undoSteps(tx, agreement.id, [agreement.step], actor);
  await setStep(tx, [agreement.id], before);
  if (agreement.step === "told") await markNeeds(tx, [agreement.needId], { from: ["told"], to: "agreed" });
  if (agreement.step === "attended" || agreement.step === "dna")
    await markNeeds(tx, [agreement.needId], { from: ["closed"], to: before === "told" ? "told" : "agreed" });
  if (agreement.step === "dna") await withdrawTasks(tx, agreement, "dna");
  // Home gets time anew: what was passed in time must not go back the moment that a slip is put right.
  if (agreement.step === "passed")
    await setRelease(tx, agreement.id, (await releaseFor(tx, agreement.homeCode))(agreement.startsAt));
};

/** Takes the last step of each agreement back, by its owner, on the day on which it was ticked. */
export const undoLastSteps = async (
  tx: Tx,
  actor: Actor,
  input: { readonly agreements: readonly string[] },
): Promise<UndoAnswer> => {
  const now = await appNow(tx.q);
  const mine = await lockMine(tx, actor, input.agreements);
  const rows = await stepsOf(tx.q, [...mine.keys()]);
  const items: Item[] = [];
  const walked: Parameters<typeof announceWalked>[2][number][] = [];
  for (const id of new Set(input.agreements)) {
    const one = mine.get(id);
    if (one === undefined) {
      items.push(refused(id, null, "not-found"));
      continue;
    }
    const { agreement, side } = one;
    const counted = counting(rows, id);
    const last = counted.findLast(({ step }) => step === agreement.step);
    const verdict = judgeUndo(agreement, last, side, now);
    if (verdict !== "go") {
      items.push(refused(id, stepNamed(agreement.step), verdict));
      continue;
    }
    const before = stepBefore(
      agreement.step,
      counted.map(({ step }) => step),
    );
    await takeBack(tx, actor, agreement, before);
    walked.push({ agreement, side, step: before, owedNext: "nothing" });
    items.push({ id, step: stepNamed(before), changed: true, whyNot: null, owedNext: "nothing" });
  }
  await announceWalked(tx, actor, walked, true);
  return { items };
};
