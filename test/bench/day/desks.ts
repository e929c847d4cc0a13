import { sql } from "drizzle-orm";
import { z } from "zod";
import { acceptOffer, declineOffer, proposeTimes } from "../../../src/features/offers/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { DomainError } from "../../../src/platform/errors/domain-error.ts";
import type { Federation } from "./federation.ts";
import { MINUTE, type Clinic, type World } from "./world.ts";

const asked = z.object({
  id: z.string(),
  kind: z.enum(["slots", "call"]),
  priority: z.enum(["routine", "urgent", "asap"]),
  supportingCode: z.string(),
  reference: z.string(),
});
export type AskedOffer = z.output<typeof asked>;

/** Offers that wait for a supporting desk and that nobody has looked at; they have been looked at then. */
export const newOffers = async ({ database }: Federation): Promise<AskedOffer[]> =>
  rows(
    database.q,
    asked,
    sql`with fresh as (
          update offers set seen_at = app_now() where state = 'waiting' and seen_at is null and awaiting = 'supporting'
          returning id, kind, priority, supporting_code, request_id
        )
        select f.id, f.kind, f.priority, f.supporting_code as "supportingCode", r.reference
        from fresh f join cover_requests r on r.id = f.request_id order by f.id`,
  );

const wantedRow = z.object({
  service: z.string(),
  minutes: z.number(),
  earliest: z.coerce.date(),
  dueBy: z.coerce.date(),
  requires: z.array(z.string()),
});

/** Starts at which a silent practice can take needs that are asked for in a call, as many as are wanted. */
const timesFor = (
  clinics: readonly Clinic[],
  wanted: readonly z.output<typeof wantedRow>[],
  given: ReadonlySet<string>,
  now: number,
): number[] => {
  const [first] = wanted;
  if (first === undefined) return [];
  const from = Math.max(now + 1, Math.min(...wanted.map((need) => need.earliest.getTime())));
  const until = Math.max(...wanted.map((need) => need.dueBy.getTime()));
  const minutes = Math.max(...wanted.map((need) => need.minutes));
  const times: number[] = [];
  for (const clinic of clinics) {
    if (!clinic.services.includes(first.service)) continue;
    if (first.requires.some((one) => !clinic.practice.provides.includes(one))) continue;
    const length = Math.ceil(minutes / clinic.slotMinutes);
    let run: number[] = [];
    for (const start of clinic.starts) {
      const isFree = start >= from && !given.has(`${clinic.id} ${start}`);
      run = isFree ? [...run, start] : [];
      const [begin] = run;
      if (run.length < length || begin === undefined || begin + minutes * MINUTE > until) continue;
      if (times.length < wanted.length) times.push(begin);
      run = [];
    }
  }
  return times;
};

/** Gone since it was asked, covered elsewhere, or nothing is wanted any more: what happens to people too. */
const unlessTooLate = async (work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
  }
};

/** Desks that answer offers through the real commands. */
export const createDesks = (federation: Federation, world: World) => {
  const { database, nurses } = federation;
  const given = new Set<string>();
  const hidden = world.clinics.filter((clinic) => clinic.isHidden);

  const answerCall = async (offerId: string, host: string, now: number): Promise<void> => {
    const nurse = nurses.get(host);
    if (nurse === undefined) return;
    const wanted = await rows(
      database.q,
      wantedRow,
      sql`select l.service_code as service, l.minutes, l.earliest, l.due_by as "dueBy", l.requires from offer_needs x
          join needs n on n.id = x.need_id join need_lines l on l.id = n.line_id
          where x.offer_id = ${offerId} and x.is_live order by n.ref`,
    );
    const mine = hidden.filter((clinic) => clinic.practice.id === host);
    const times = timesFor(mine, wanted, given, now);
    if (times.length === 0) {
      await database.transact(async (tx) => declineOffer(tx, nurse, offerId, { code: "capacity" }));
      return;
    }
    const answer = await database.transact(async (tx) =>
      proposeTimes(tx, nurse, offerId, {
        times: times.map((start) => ({ start: new Date(start).toISOString(), count: 1 })),
      }),
    );
    for (const { startsAt, endsAt } of answer.agreed)
      for (const clinic of mine)
        for (const start of clinic.starts)
          if (start >= Date.parse(startsAt) && start < Date.parse(endsAt)) given.add(`${clinic.id} ${start}`);
  };

  return {
    answer: async (offer: AskedOffer, says: "yes" | "no", now: number): Promise<void> => {
      const nurse = nurses.get(offer.supportingCode);
      if (nurse === undefined) return;
      await unlessTooLate(async () => {
        if (says === "no")
          await database.transact(async (tx) => declineOffer(tx, nurse, offer.id, { code: "capacity" }));
        else if (offer.kind === "call") await answerCall(offer.id, offer.supportingCode, now);
        else await database.transact(async (tx) => acceptOffer(tx, nurse, offer.id, {}));
      });
    },
  };
};
