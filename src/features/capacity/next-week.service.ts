import { appNow, type Database, type Queryable, type Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit, system } from "../audit/index.ts";
import { londonDate } from "../calendar/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { weekIsOver } from "./capacity.errors.ts";
import type { CapacityPorts } from "./capacity.ports.ts";
import { createClinics, slotsOf, type ClinicToCreate } from "./clinic-create.service.ts";
import {
  answerAsk,
  clinicsOfWeek,
  findAsk,
  insertAsk,
  lockAsk,
  markSeen,
  organisationsToAsk,
  type ClinicOfWeek,
} from "./next-week.repository.ts";
import { aWeekLater, mondayOf, repetitionsOf, weekToAskAbout, type Repetition } from "./next-week.rules.ts";
import { closedDays } from "./series.repository.ts";
import { addDays } from "./series.rules.ts";

export interface NextWeek {
  /** The Monday of the week that would be repeated. */
  readonly weekOf: string;
  readonly clinics: readonly { readonly clinic: ClinicOfWeek; readonly next: Repetition; readonly slots: number }[];
  /** Whether somebody here has answered already. */
  readonly answer: "yes" | "change" | null;
}

const toCreate = (clinic: ClinicOfWeek, today: string): ClinicToCreate => ({
  organisationCode: "",
  siteId: clinic.siteId,
  services: clinic.services,
  channel: clinic.channel,
  provides: clinic.provides,
  pledge: clinic.pledge,
  startsAt: aWeekLater(clinic.startsAt),
  endsAt: aWeekLater(clinic.endsAt),
  breaks: clinic.breaks.map(({ from, until }) => ({ from: aWeekLater(from), until: aWeekLater(until) })),
  slotMinutes: clinic.slotMinutes,
  source: "form",
  ...(clinic.lane === null ? {} : { lane: clinic.lane }),
  // A person says so just now (C5).
  ...(clinic.pledge === "firm" ? { confirmedOn: today } : {}),
});

const repetitions = async (q: Queryable, organisationCode: string, weekOf: string) => {
  const [first, last] = [addDays(weekOf, 7), addDays(weekOf, 13)];
  const thisWeek = await clinicsOfWeek(q, organisationCode, weekOf);
  const byId = new Map(thisWeek.map((clinic) => [clinic.id, clinic]));
  const found = repetitionsOf(
    thisWeek,
    await clinicsOfWeek(q, organisationCode, first),
    await closedDays(q, organisationCode, first, last),
  );
  return found.flatMap(({ clinic, next }) => {
    const whole = byId.get(clinic.id);
    return whole === undefined ? [] : [{ clinic: whole, next }];
  });
};

/** This week's clinics, and what next week would have of them. Reads only. */
export const readNextWeek = async (q: Queryable, actor: Actor): Promise<NextWeek> => {
  const now = await appNow(q);
  const weekOf = mondayOf(londonDate(now));
  const ask = await findAsk(q, actor.organisationCode, weekOf);
  const found = await repetitions(q, actor.organisationCode, weekOf);
  return {
    weekOf,
    answer: ask?.answer ?? null,
    clinics: found.map((one) => ({ ...one, slots: slotsOf(toCreate(one.clinic, londonDate(now))).length })),
  };
};

/** Opened from the message: that it arrives where people read it is remembered, and nothing else changes. */
export const noteMessageSeen = async (
  database: Database,
  ports: CapacityPorts,
  actor: Actor,
  weekOf: string,
): Promise<void> => {
  const ask = await findAsk(database.q, actor.organisationCode, weekOf);
  if (ask === undefined) throw notFound("page");
  if (ask.seenAt !== null) return;
  await database.transact(async (tx) => {
    await markSeen(tx.q, actor.organisationCode, weekOf);
    await ports.messageArrived(tx, actor, ask.askedAt);
  });
};

/**
 * *Yes, publish these*: makes the ticked clinics a week later, once however often it is said. Those that are there already,
 * or cannot be there, are left out.
 * @returns how many were published.
 */
export const publishNextWeek = async (
  tx: Tx,
  actor: Actor,
  input: { readonly weekOf: string; readonly clinics: readonly string[] | "all" },
): Promise<{ readonly published: number }> => {
  const { organisationCode } = actor;
  const now = await appNow(tx.q);
  const today = londonDate(now);
  if (mondayOf(today) !== input.weekOf) throw weekIsOver();
  await lockAsk(tx, organisationCode, input.weekOf);
  const wanted = (await repetitions(tx.q, organisationCode, input.weekOf)).filter(
    ({ clinic, next }) => next.kind === "publish" && (input.clinics === "all" || input.clinics.includes(clinic.id)),
  );
  const created = await createClinics(
    tx,
    wanted.map(({ clinic }) => ({ ...toCreate(clinic, today), organisationCode })),
  );
  await answerAsk(tx, organisationCode, input.weekOf, {
    answer: "yes",
    userId: actor.userId,
    published: created.length,
  });
  await recordAudit(tx, actor, "clinics.repeat", input.weekOf, { clinics: created.map(({ clinicId }) => clinicId) });
  if (created.length > 0 && actor.groupCode !== null) await askForMatching(tx, actor.groupCode, "clinic.published");
  return { published: created.length };
};

/** *Change*: somebody looks after next week by hand. */
export const changeNextWeek = async (tx: Tx, actor: Actor, weekOf: string): Promise<void> => {
  if (mondayOf(londonDate(await appNow(tx.q))) !== weekOf) throw weekIsOver();
  await lockAsk(tx, actor.organisationCode, weekOf);
  await answerAsk(tx, actor.organisationCode, weekOf, { answer: "change", userId: actor.userId, published: 0 });
  await recordAudit(tx, actor, "clinics.change-next-week", weekOf);
};

/** How a practice is asked: by whatever reaches its people, in the transaction that remembers it. */
export type AskNextWeek = (
  tx: Tx,
  asked: { readonly organisationCode: string; readonly weekOf: string; readonly clinics: readonly ClinicOfWeek[] },
) => Promise<void>;

const ASKED_AT_ONCE = 50;

/** Asks whoever has not been asked yet, if it is time; answers how many. Each practice in a transaction of its own. */
export const askAboutNextWeek = async (database: Database, ask: AskNextWeek): Promise<number> => {
  const weekOf = weekToAskAbout(await appNow(database.q));
  if (weekOf === undefined) return 0;
  const codes = await organisationsToAsk(database.q, weekOf, ASKED_AT_ONCE);
  let asked = 0;
  for (const organisationCode of codes) {
    asked += await database.transact(async (tx) => {
      if (!(await insertAsk(tx, organisationCode, weekOf))) return 0;
      await ask(tx, { organisationCode, weekOf, clinics: await clinicsOfWeek(tx.q, organisationCode, weekOf) });
      await recordAudit(tx, system, "clinics.ask-next-week", organisationCode, { weekOf });
      return 1;
    });
  }
  return asked;
};

/** Once nobody was left to ask it looks again only after this much of the service's own time. */
const AGAIN_AFTER_MS = 10 * 60_000;

export const nextWeekSweepers = (database: Database, ask: AskNextWeek): readonly Sweeper[] => {
  let emptyAt: Date | undefined;
  return [
    {
      name: "same clinics next week?",
      run: async () => {
        const now = await appNow(database.q);
        const since = emptyAt === undefined ? AGAIN_AFTER_MS : Math.abs(now.getTime() - emptyAt.getTime());
        if (since < AGAIN_AFTER_MS && weekToAskAbout(now) !== undefined) return;
        emptyAt = (await askAboutNextWeek(database, ask)) === 0 && weekToAskAbout(now) !== undefined ? now : undefined;
      },
    },
  ];
};
