import { z } from "zod";
import { agreementView, ownerOf, type AgreementView } from "../../features/agreements/index.ts";
import { wallClock } from "../../platform/clock/clock.ts";
import { unique } from "../../platform/lists/lists.ts";
import { deskOf, eventually, ms, nameOf, type Stage } from "./stage.ts";

const agreements = z.object({ items: z.array(agreementView) });
const ticked = z.object({ items: z.array(z.object({ changed: z.boolean() })) });

const DOING = {
  blocked: "reserves the time in its system under the reference",
  passed: "agrees the times with the patients and sends the details by the approved route",
  booked: "books the patients in",
  told: "tells the patients where and when",
} as const;
type Doing = keyof typeof DOING;

const liveOf = async (stage: Stage, reference: string): Promise<AgreementView[]> =>
  (
    await stage.broker.api.get({
      path: `/v1/agreements?reference=${reference}&live=true&limit=200`,
      parse: (body) => agreements.parse(body),
    })
  ).value.items;

/** One step of all these agreements, each by its owner, for many at once; says how soon the other side knew. */
const walk = async (stage: Stage, all: readonly AgreementView[], step: Doing): Promise<void> => {
  const owner = ownerOf(step);
  const codeOf = (one: AgreementView): string => (owner === "home" ? one.homeCode : one.supportingCode);
  const desks = unique(all.map(codeOf));
  const before = wallClock.monotonicMs();
  const changed = await Promise.all(
    desks.map(async (code) => {
      const mine = all.filter((one) => codeOf(one) === code).map(({ id }) => id);
      const { value } = await deskOf(stage, code).api.command({
        method: "POST",
        path: "/v1/agreements/steps",
        parse: (body) => ticked.parse(body),
        body: { step, agreements: mine },
      });
      return value.items.filter((item) => item.changed).length;
    }),
  );
  const took = ms(before, wallClock.monotonicMs());
  const heard = (): (number | undefined)[] =>
    all.map((one) => deskOf(stage, owner === "home" ? one.supportingCode : one.homeCode).steppedAtMs(one.id, step));
  await eventually(stage, () => heard().every((at) => at !== undefined), 5_000);
  const last = heard().reduce<number | undefined>((max, at) => Math.max(max ?? 0, at ?? 0), undefined);
  const who = desks.length === 1 ? nameOf(desks[0] ?? "") : `each of ${desks.length} practices`;
  stage.say(
    `  ${step}: ${who} ${DOING[step]}: ${changed.reduce((sum, count) => sum + count, 0)} ticked in ${took}, and the other side knew after ${ms(before, last)}.`,
  );
};

/** From agreed to told: nobody is safe until somebody has told her where to go (H1). */
export const handOver = async (stage: Stage, home: string, references: readonly string[]): Promise<void> => {
  const all = (await Promise.all(references.map(async (reference) => liveOf(stage, reference)))).flat();
  stage.say(`${nameOf(home)} and its neighbours hand over ${all.length} patients, each step ticked by its owner:`);
  for (const step of ["blocked", "passed", "booked", "told"] as const) {
    if (stage.stopping.aborted) return;
    await walk(stage, all, step);
  }
};
