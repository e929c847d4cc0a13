import { sql } from "drizzle-orm";
import { z } from "zod";
import { capacityPorts, requestPorts } from "../../../src/app/routes.ts";
import { publishBody } from "../../../src/features/capacity/capacity.schema.ts";
import { withdrawClinic } from "../../../src/features/capacity/change.service.ts";
import { confirmClinics } from "../../../src/features/capacity/confirm.service.ts";
import { markSlotGone } from "../../../src/features/capacity/gone.service.ts";
import { publishClinics } from "../../../src/features/capacity/publish.service.ts";
import { planDueGroups, solve, widenDue } from "../../../src/features/matching/index.ts";
import { lapseOffers } from "../../../src/features/offers/index.ts";
import { postRequest, postRequestBody, returnOverdue } from "../../../src/features/requests/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { DomainError } from "../../../src/platform/errors/domain-error.ts";
import { groupBy } from "../../../src/platform/lists/lists.ts";
import { createAgenda } from "./agenda.ts";
import { answeredAt, answerOf } from "./answers.ts";
import { createDesks, newOffers, type AskedOffer } from "./desks.ts";
import { draw } from "./draw.ts";
import { nextDue, setClock, type Federation } from "./federation.ts";
import { readAsked, type AskedOnce } from "./losses.ts";
import { at, DAYS, END, MINUTE, type Clinic, type Outcome, type Request, type World } from "./world.ts";

type Event =
  | { readonly kind: "publish"; readonly clinic: Clinic }
  | { readonly kind: "withdraw"; readonly clinic: Clinic }
  | { readonly kind: "gone"; readonly clinic: Clinic; readonly start: number }
  | { readonly kind: "confirm"; readonly practice: string }
  | { readonly kind: "post"; readonly request: Request }
  | { readonly kind: "answer"; readonly offer: AskedOffer; readonly says: "yes" | "no" };

/** Nine of ten firm practices confirm on a given morning (C5); the others behave as ask on that day. */
const SHARE_CONFIRMED = 0.9;

const agendaOf = (world: World) => {
  const agenda = createAgenda<Event>();
  for (const clinic of world.clinics.filter(({ isHidden }) => !isHidden)) {
    agenda.add(clinic.publishedAt, { kind: "publish", clinic });
    if (clinic.withdrawnAt !== undefined) agenda.add(clinic.withdrawnAt, { kind: "withdraw", clinic });
    for (const one of clinic.gone) agenda.add(one.at, { kind: "gone", clinic, start: one.start });
  }
  for (const { id, role } of world.practices)
    for (const date of DAYS)
      if (role === "firm" && draw(world.seed, id, date, "confirms") < SHARE_CONFIRMED)
        agenda.add(at(date, 8) + 15 * MINUTE, { kind: "confirm", practice: id });
  for (const request of world.requests) agenda.add(request.postedAt, { kind: "post", request });
  return agenda;
};

/** Refusals are part of life here: a clinic that is over, a slot that has gone already. Anything else is a fault. */
const allowRefusal = async (work: Promise<unknown>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
  }
};

/**
 * The days through the real services on a real database. Event-driven: the held clock goes straight to whatever is next,
 * an event of the world or something due in the matcher's rows, and the sweep does what it finds (T2).
 */
export const runCovershare = async (
  federation: Federation,
  world: World,
): Promise<{ readonly outcome: Outcome; readonly history: readonly AskedOnce[] }> => {
  const { database, nurses } = federation;
  const agenda = agendaOf(world);
  const desks = createDesks(federation, world);
  const clinicIds = new Map<string, string>();
  const requestOf = new Map<string, Request>();
  const nurseOf = (code: string) => {
    const nurse = nurses.get(code);
    if (nurse === undefined) throw new Error(`nobody works at ${code}`);
    return nurse;
  };

  const post = async ({ home, lines, ...request }: Request): Promise<void> => {
    const needs = lines.map(({ dueBy, ...line }) => ({ ...line, dueBy: new Date(dueBy).toISOString() }));
    const body = postRequestBody.parse({ priority: "routine", reason: "staff-absence", takeFirm: true, needs });
    const { reference } = await database.transact(async (tx) => postRequest(tx, nurseOf(home.id), body));
    requestOf.set(reference, { home, lines, ...request });
  };
  const publish = async (clinic: Clinic): Promise<void> => {
    const { practice, services, slotMinutes, starts } = clinic;
    const body = publishBody.parse({
      services,
      provides: [],
      pledge: practice.role === "firm" ? "firm" : "ask",
      slotMinutes,
      startsAt: new Date(starts[0] ?? 0).toISOString(),
      endsAt: new Date((starts.at(-1) ?? 0) + slotMinutes * MINUTE).toISOString(),
    });
    const made = await database.transact(async (tx) =>
      publishClinics(tx, nurseOf(practice.id), body, { isDryRun: false }),
    );
    clinicIds.set(clinic.id, made.clinics[0]?.id ?? "");
  };
  const lose = async (clinic: Clinic, start: number): Promise<void> => {
    const [slot] = await rows(
      database.q,
      z.object({ id: z.string() }),
      sql`select id from slots where clinic_id = ${clinicIds.get(clinic.id)} and starts_at = ${new Date(start)}`,
    );
    if (slot === undefined) throw new Error(`no slot of ${clinic.id} at ${start}`);
    await database.transact(async (tx) => markSlotGone(tx, nurseOf(clinic.practice.id), capacityPorts, slot.id));
  };
  const happen = async (event: Event, now: number): Promise<void> => {
    if (event.kind === "post") await post(event.request);
    else if (event.kind === "publish") await publish(event.clinic);
    else if (event.kind === "withdraw") {
      const id = clinicIds.get(event.clinic.id) ?? "";
      const nurse = nurseOf(event.clinic.practice.id);
      await database.transact(async (tx) => withdrawClinic(tx, nurse, capacityPorts, id, { confirmBreaking: true }));
    } else if (event.kind === "gone") await lose(event.clinic, event.start);
    else if (event.kind === "confirm")
      await database.transact(async (tx) => confirmClinics(tx, nurseOf(event.practice), capacityPorts));
    else await desks.answer(event.offer, event.says, now);
  };
  const sweep = async (): Promise<void> => {
    while ((await lapseOffers(database)) > 0);
    while ((await database.transact(async (tx) => returnOverdue(tx, requestPorts, 100))) > 0);
    await widenDue(database);
    await planDueGroups(database, async (problem) => solve(problem));
  };

  for (;;) {
    const [mine, theirs] = [agenda.nextAt(), await nextDue(database)];
    const now = Math.min(mine ?? Number.POSITIVE_INFINITY, theirs ?? Number.POSITIVE_INFINITY);
    if (now > END) break;
    await setClock(database, now);
    for (const event of agenda.takeUntil(now)) await allowRefusal(happen(event, now));
    await sweep();
    for (const offer of await newOffers(federation)) {
      const kind = offer.kind === "call" ? "call" : "ask";
      const request = requestOf.get(offer.reference)?.id ?? "";
      const answer = answerOf(world.seed, offer.supportingCode, request, kind, offer.priority);
      if (answer.says !== "never")
        agenda.add(Math.max(now + 1, answeredAt(answer, now)), { kind: "answer", offer, says: answer.says });
    }
  }
  return { outcome: await readOutcome(federation, requestOf), history: await readAsked(federation, requestOf) };
};

const agreed = z.object({
  reference: z.string(),
  ref: z.string(),
  host: z.string(),
  start: z.coerce.date(),
  until: z.coerce.date(),
  at: z.coerce.date(),
});

const spell = z.object({
  reference: z.string(),
  ref: z.string(),
  from: z.coerce.date(),
  until: z.coerce.date().nullable(),
});

const readOutcome = async ({ database }: Federation, requestOf: ReadonlyMap<string, Request>): Promise<Outcome> => {
  const live = await rows(
    database.q,
    agreed,
    sql`select r.reference, n.ref, a.supporting_code as host, a.starts_at as start, a.ends_at as until, a.created_at as at
        from agreements a join needs n on n.id = a.need_id join cover_requests r on r.id = a.request_id where a.is_live`,
  );
  const asked = await rows(
    database.q,
    z.object({ reference: z.string(), host: z.string() }),
    sql`select distinct r.reference, o.supporting_code as host from offers o join cover_requests r on r.id = o.request_id
        where o.awaiting = 'supporting'`,
  );
  const held = await rows(
    database.q,
    spell,
    sql`select r.reference, n.ref, a.created_at as "from", s.at as until from agreements a
        join needs n on n.id = a.need_id join cover_requests r on r.id = a.request_id
        left join agreement_steps s on s.agreement_id = a.id and s.step = 'cancelled' order by a.created_at`,
  );
  const idOf = (reference: string): string => requestOf.get(reference)?.id ?? "";
  const needOf = ({ reference, ref }: { readonly reference: string; readonly ref: string }): string =>
    `${idOf(reference)} ${ref}`;
  return {
    spells: new Map(
      [...groupBy(held, needOf)].map(([need, some]) => [
        need,
        some.map(({ from, until }) => ({ from: from.getTime(), until: until?.getTime() ?? Number.POSITIVE_INFINITY })),
      ]),
    ),
    agreed: new Map(
      live.map((one) => [
        needOf(one),
        {
          host: one.host,
          start: one.start.getTime(),
          minutes: (one.until.getTime() - one.start.getTime()) / MINUTE,
          agreedAt: one.at.getTime(),
        },
      ]),
    ),
    asked: new Set(asked.map(({ reference, host }) => `${host} ${idOf(reference)}`)),
  };
};
