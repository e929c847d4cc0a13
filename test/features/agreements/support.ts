import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { makeAgreements, stepAgreements, type WalkedStep } from "../../../src/features/agreements/index.ts";
import { lockRequests } from "../../../src/features/requests/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import {
  aClinic,
  aPractice,
  aRequest,
  aUser,
  type BuiltClinic,
  type BuiltRequest,
  type NeedOptions,
  type TestDatabase,
} from "../../support/index.ts";

/** The Monday before Christmas week, 10:00 in London: every test of the handover begins here. */
export const MONDAY = "2026-12-14T10:00:00Z";
export const TUESDAY = "2026-12-15T10:00:00Z";

export interface Agreed {
  readonly home: Actor;
  readonly supporting: Actor;
  readonly request: BuiltRequest;
  readonly clinic: BuiltClinic;
  /** Agreements in the order of the needs, N01 with the clinic's first slot. */
  readonly ids: readonly string[];
}

export interface AgreedOptions {
  readonly count?: number;
  /** Overrides the count: one agreement for each need of each line. */
  readonly needs?: readonly NeedOptions[];
  readonly startsAt?: string;
  readonly home?: Actor;
  readonly supporting?: Actor;
}

/** Needs of one request agreed with one practice: what an accepted offer leaves. */
export const agreed = async (db: TestDatabase, options: AgreedOptions = {}): Promise<Agreed> => {
  const home = options.home ?? (await aUser(db, { at: (await aPractice(db)).code }));
  const supporting = options.supporting ?? (await aUser(db, { at: (await aPractice(db)).code, name: "Kit Nurse" }));
  const request = await aRequest(db, {
    by: home,
    priority: "routine",
    needs: options.needs ?? [{ count: options.count ?? 1 }],
  });
  const clinic = await aClinic(db, {
    at: supporting.organisationCode,
    slots: request.needIds.length,
    startsAt: options.startsAt ?? TUESDAY,
  });
  const blocks = request.needIds.flatMap((needId, at) => {
    const slot = clinic.slots[at];
    if (slot === undefined) return [];
    const { id, startsAt, endsAt } = slot;
    return [{ needId, ref: `N0${at + 1}`, clinicId: clinic.clinicId, slotIds: [id], startsAt, endsAt }];
  });
  const made = await db.database.transact(async (tx) => {
    await lockRequests(tx, [request.requestId]);
    return makeAgreements(tx, supporting, [
      { ...request, supportingCode: supporting.organisationCode, offerId: null, blocks },
    ]);
  });
  return { home, supporting, request, clinic, ids: made.map(({ id }) => id) };
};

export const tick = (
  db: TestDatabase,
  actor: Actor,
  step: WalkedStep,
  agreements: readonly string[],
  stillNeeded = true,
) => db.database.transact(async (tx) => stepAgreements(tx, actor, { step, agreements, stillNeeded }));

/** Walks agreements up to and including a step, each by its owner. */
export const walkTo = async (db: TestDatabase, { home, supporting, ids }: Agreed, to: WalkedStep): Promise<void> => {
  for (const [step, actor] of [
    ["blocked", supporting],
    ["passed", home],
    ["booked", supporting],
    ["told", home],
  ] as const) {
    await tick(db, actor, step, ids);
    if (step === to) return;
  }
};

const text = z.object({ value: z.string() });

export const stepOf = async (db: TestDatabase, id: string): Promise<string | undefined> =>
  (await rows(db.q, text, sql`select step as value from agreements where id = ${id}`))[0]?.value;

export const slotState = async (db: TestDatabase, id: string | undefined): Promise<string | undefined> =>
  (await rows(db.q, text, sql`select state as value from slots where id = ${id}`))[0]?.value;

const logged = z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) });

/** What the log of an organisation holds of one type, in order. */
export const heard = async (db: TestDatabase, stream: string, type: string): Promise<Record<string, unknown>[]> =>
  (
    await rows(
      db.q,
      logged,
      sql`select type, data from events where stream = ${stream} and type = ${type} order by "offset"`,
    )
  ).map(({ data }) => data);

const walked = z.object({ step: z.string(), userId: z.string().nullable(), undone: z.boolean() });

/** Every step ever ticked of an agreement, with its actor, oldest first. */
export const history = async (db: TestDatabase, id: string): Promise<z.output<typeof walked>[]> =>
  rows(
    db.q,
    walked,
    sql`select step, user_id as "userId", undone_at is not null as undone from agreement_steps
        where agreement_id = ${id} order by at, id`,
  );
