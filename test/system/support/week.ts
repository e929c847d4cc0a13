import { z } from "zod";
import type { ApiClient } from "../../../src/client/index.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { agreementPage, type AgreementView } from "../../../src/features/agreements/agreements.schema.ts";
import { tasksAnswer, type TaskView } from "../../../src/features/agreements/tasks.schema.ts";
import { offerPage } from "../../../src/features/offers/offers.schema.ts";

/* How people at desks behave in the simulated week: through the API, with nothing but what it shows them. */

/** Somebody at a desk. */
export interface Person {
  readonly actor: Actor;
  readonly api: ApiClient;
}

const anything = z.unknown();

export const agreementsOf = async ({ api }: Person): Promise<AgreementView[]> =>
  (await api.get({ path: "/v1/agreements?live=true&limit=200", parse: (body) => agreementPage.parse(body) })).value
    .items;

export const tasksOf = async ({ api }: Person): Promise<TaskView[]> =>
  (await api.get({ path: "/v1/tasks", parse: (body) => tasksAnswer.parse(body) })).value.items;

export const command = async ({ api }: Person, path: string, body: unknown = {}): Promise<void> => {
  await api.command({ method: "POST", path, body, parse: (answer) => anything.parse(answer) });
};

/** Ticks a step for all of these at once; nothing where there are none. */
export const tickAll = async (person: Person, step: string, agreements: readonly AgreementView[]): Promise<void> => {
  if (agreements.length > 0)
    await command(person, "/v1/agreements/steps", { step, agreements: agreements.map(({ id }) => id) });
};

/** Accepts the times that wait for an answer; calls with these times, as many as are wanted. */
export const answer = async (person: Person, callStart: string | undefined): Promise<void> => {
  const { value } = await person.api.get({
    path: "/v1/offers?awaiting=me&limit=200",
    parse: (body) => offerPage.parse(body),
  });
  for (const offer of value.items) {
    if (offer.kind === "slots") await command(person, `/v1/offers/${offer.id}/accept`);
    else if (callStart !== undefined) {
      const count = offer.needs.filter(({ isLive }) => isLive).length;
      await command(person, `/v1/offers/${offer.id}/propose`, { times: [{ start: callStart, count }] });
    }
  }
};

/** What a supporting practice ticks by itself; `isChased` for one that blocks only when it is. */
export const supportSteps = async (
  person: Person,
  now: Date,
  options: { readonly blocks: boolean; readonly dna: (agreement: AgreementView) => boolean },
): Promise<void> => {
  const given = (await agreementsOf(person)).filter(({ side }) => side === "supporting");
  if (options.blocks)
    await tickAll(
      person,
      "blocked",
      given.filter(({ step }) => step === "agreed"),
    );
  await tickAll(
    person,
    "booked",
    given.filter(({ step }) => step === "passed"),
  );
  const over = given.filter(({ step, endsAt }) => step === "told" && new Date(endsAt) <= now);
  await tickAll(person, "dna", over.filter(options.dna));
  await tickAll(
    person,
    "attended",
    over.filter((one) => !options.dna(one)),
  );
};

/** What a home practice ticks by itself. */
export const homeSteps = async (person: Person): Promise<void> => {
  const ours = (await agreementsOf(person)).filter(({ side }) => side === "home");
  await tickAll(
    person,
    "passed",
    ours.filter(({ step }) => step === "blocked"),
  );
  await tickAll(
    person,
    "told",
    ours.filter(({ step }) => step === "booked"),
  );
};

/** From `from` to `until`: every half hour of a working day, every two hours of a closed one; nights are slept through. */
export const clockOf = function* (from: string, until: string, closed: readonly string[]): Generator<Date> {
  const end = Date.parse(until);
  for (let at = Date.parse(from); at <= end;) {
    const now = new Date(at);
    yield now;
    at += closed.includes(now.toISOString().slice(0, 10)) ? 7_200_000 : 1_800_000;
    if (new Date(at).getUTCHours() >= 18)
      at = Date.parse(`${new Date(at + 43_200_000).toISOString().slice(0, 10)}T07:00:00Z`);
  }
};
