import { sql } from "drizzle-orm";
import type { Actor } from "../../../src/features/access/index.ts";
import type { Tx } from "../../../src/platform/db/database.ts";
import { agreed, MONDAY, TUESDAY } from "../../features/agreements/support.ts";
import { aClinic, aPractice, aRequest, aUser, type TestDatabase } from "../../support/index.ts";
import { plan, waitingFor } from "../../support/story.ts";

/** Number of a desk: it stands in a message where one is to ring. */
export const DESK_PHONE = "01632960123";

export interface MessageWorld {
  readonly db: TestDatabase;
  readonly transact: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  /** Gives everybody a confirmed mailbox, and lets whatever is due be told. */
  readonly tell: () => Promise<void>;
}

export interface MessageCase {
  /** Who is told, at the confirmed mailbox of the organisation; a broker also at the own address. */
  readonly reader: Actor;
  /** The whole subject: what has happened, to what, by when. */
  readonly subject: RegExp;
  /** What else the reader needs to decide, in the plain text and in the HTML. */
  readonly says: readonly (string | RegExp)[];
  /** Where the link leads. */
  readonly link: string | RegExp;
}

export const practice = async (db: TestDatabase, name: string, phone?: string): Promise<Actor> => {
  const { code } = await aPractice(db, { name });
  if (phone !== undefined)
    await db.q.execute(sql`update organisations set bypass_phone = ${phone} where code = ${code}`);
  return aUser(db, { at: code, roles: ["nurse", "manager"] });
};

export const riverside = async ({ db }: MessageWorld): Promise<Actor> => practice(db, "Riverside Surgery");
export const elm = async ({ db }: MessageWorld): Promise<Actor> => practice(db, "Elm Tree Practice", DESK_PHONE);

/** Two dressings of Riverside, agreed with Elm Tree for Tuesday 10:00 and 10:20. */
export const twoAgreed = async (world: MessageWorld) => {
  await world.db.holdClock(MONDAY);
  return agreed(world.db, { count: 2, home: await riverside(world), supporting: await elm(world) });
};

/** Riverside is short of two, and Elm Tree is asked. */
export const asked = async (world: MessageWorld) => {
  const { db } = world;
  await db.holdClock(MONDAY);
  const [home, desk] = [await riverside(world), await elm(world)];
  await aClinic(db, { at: desk.organisationCode, startsAt: TUESDAY, slots: 2 });
  const priority = "urgent";
  const request = await aRequest(db, {
    by: home,
    priority,
    needs: [{ count: 2, priority, dueBy: "2026-12-17T18:30:00Z" }],
  });
  await plan(db);
  const [offer] = await waitingFor(db, desk);
  if (offer === undefined) throw new Error("nobody was asked");
  return { home, desk, request, offerId: offer.id, link: `/offers/${offer.id}` };
};
