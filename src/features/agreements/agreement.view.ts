import type { Database } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { view, type View } from "../../platform/web/page.ts";
import type { Actor } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { serviceNames } from "../services/index.ts";
import { withHandover } from "./checklist.service.ts";
import { walkingAgreements } from "./handover.repository.ts";
import { outcomes } from "./handover.rules.ts";
import { listAgreements } from "./list.service.ts";
import { readerFor } from "./reader.policy.ts";
import { speakStep } from "./step.words.ts";
import { besideIt } from "./swap.repository.ts";
import { whyNotSwapped } from "./swap.rules.ts";
import { readHandover } from "./work.service.ts";

const cancelChoices = [
  { value: "not-needed", text: "Not needed any more" },
  { value: "staff-absence", text: "Somebody is away" },
  { value: "clinic-cancelled", text: "The clinic is cancelled" },
  { value: "slot-gone", text: "The time has gone" },
  { value: "premises", text: "Rooms or premises" },
  { value: "it-outage", text: "IT is down" },
  { value: "stock", text: "Stock or equipment" },
  { value: "mistake", text: "Agreed by mistake" },
  { value: "other", text: "Something else" },
] as const;

const noChoices = [
  { value: "too-far", text: "It is too far" },
  { value: "time", text: "The time does not suit" },
  { value: "wants-own-practice", text: "Wants their own practice" },
  { value: "not-reached", text: "Could not be reached" },
] as const;

/** What an agreement may be swapped with (H5): home chooses whose time is whose. */
const swapChoices = async ({ q }: Database, id: string) => {
  const [own] = await walkingAgreements(q, [id]);
  if (own === undefined) return [];
  return (await walkingAgreements(q, await besideIt(q, id)))
    .filter((other) => whyNotSwapped(own, other).length === 0)
    .map((other) => ({
      value: other.id,
      text: `${other.reference} ${other.ref}, ${speakInstant(other.startsAt)} (${speakStep(other.step)})`,
    }));
};

/** One agreement: what is next, what was ticked when and by whom, and every way in which it may change. */
export const showAgreement = async (actor: Actor, database: Database, id: string): Promise<View> => {
  const { q } = database;
  const [found] = await listAgreements(q, readerFor(actor), { id, limit: 1 });
  if (found === undefined) throw notFound("agreement");
  const nameOf = await serviceNames(q);
  const agreement = await withHandover(q, actor, found);
  const { work, tasks } = await readHandover(q, actor, { id });
  const isOver = !agreement.isLive || outcomes.some((outcome) => outcome === agreement.step);
  const mayDecide = !isOver && agreement.side !== "supporting";
  return view({
    template: "agreements/agreement.njk",
    title: `${agreement.reference} ${agreement.ref}`,
    data: {
      cancelChoices,
      noChoices,
      work,
      isWarned: work.groups.some(({ canExtend }) => canExtend),
      isPreparing: work.groups.some(({ prepare }) => prepare.length > 0),
      tasks,
      swapChoices: mayDecide ? await swapChoices(database, id) : [],
      mayDecide,
      agreement: {
        ...agreement,
        service: nameOf(agreement.service),
        when: speakInstant(new Date(agreement.startsAt)),
        words: speakStep(agreement.step),
        isTold: ["told", "attended"].includes(agreement.step),
        isOver,
        release: agreement.releaseAt === null ? undefined : speakInstant(new Date(agreement.releaseAt)),
        history: agreement.steps.map((step) => ({
          words: speakStep(step.step),
          at: speakInstant(new Date(step.at)),
          by:
            step.organisationCode === agreement.homeCode
              ? agreement.homeName
              : step.organisationCode === agreement.supportingCode
                ? agreement.supportingName
                : step.organisationCode === "SYSTEM"
                  ? "by itself"
                  : "the federation",
          isUndone: step.undoneAt !== null,
        })),
      },
    },
  });
};
