import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows } from "../../../src/platform/db/database.ts";
import { groupBy } from "../../../src/platform/lists/lists.ts";
import { answerOf } from "./answers.ts";
import type { Federation } from "./federation.ts";
import { HOUR, MINUTE, type Need, type Outcome, type Request, type World } from "./world.ts";

/*
 * Why a need stayed without cover that whoever knows everything in advance covers (`--losses`): one cause each. Where the
 * clairvoyant would have put it there often stands another need now, which the clairvoyant puts elsewhere, and so on: a chain,
 * whose end is a place that nobody uses, or a need that the clairvoyant leaves without.
 */

/** One offer as far as one need goes. */
export interface AskedOnce {
  readonly need: string;
  readonly host: string;
  readonly kind: "slots" | "call";
  readonly state: string;
  readonly askedAt: number;
  readonly endedAt: number | undefined;
}

const asked = z.object({
  reference: z.string(),
  ref: z.string(),
  host: z.string(),
  kind: z.enum(["slots", "call"]),
  state: z.string(),
  askedAt: z.coerce.date(),
  endedAt: z.coerce.date().nullable(),
});

/** Everything that desks were asked, by need. */
export const readAsked = async (
  { database }: Federation,
  requestOf: ReadonlyMap<string, Request>,
): Promise<AskedOnce[]> => {
  const found = await rows(
    database.q,
    asked,
    sql`select r.reference, n.ref, o.supporting_code as host, o.kind, o.state, o.created_at as "askedAt", o.answered_at as "endedAt"
        from offer_needs x join offers o on o.id = x.offer_id join needs n on n.id = x.need_id
        join cover_requests r on r.id = n.request_id order by o.id`,
  );
  return found.map((one) => ({
    need: `${requestOf.get(one.reference)?.id ?? ""} ${one.ref}`,
    host: one.host,
    kind: one.kind,
    state: one.state,
    askedAt: one.askedAt.getTime(),
    endedAt: one.endedAt?.getTime(),
  }));
};

export const causes = [
  /** Somewhere along the chain a place was given before this need was posted: only who knows the future leaves it free. */
  "unforeseen",
  /** The chain ends at a need that the clairvoyant leaves without. */
  "exchanged",
  /** The chain ends at a place that was published, or free again, only after its need had been agreed elsewhere. */
  "published-later",
  /** The practice that publishes nothing would have said yes, and was not called. */
  "never-called",
  /** The place stayed free, and its practice was not asked. */
  "never-asked",
  /** The practice was asked and would have said yes, and not in time. */
  "too-late",
  /** The practice was asked, and stood down. */
  "stood-down",
  /** The practice was asked, and gave what it had to others. */
  "half-given",
] as const;
export type Cause = (typeof causes)[number];

export interface Loss {
  readonly need: Need;
  readonly cause: Cause;
  readonly detail: string;
}

const shown = (at: number): string => new Date(at).toISOString().slice(5, 16);

/** What stands where the clairvoyant puts each need of the chain: from the one that was lost to the one whose place is free. */
const chainFrom = (need: Need, world: World, mine: Outcome, best: Outcome): Need[] => {
  const byId = new Map(world.requests.flatMap((request) => request.needs).map((one) => [one.id, one]));
  const chain = [need];
  for (;;) {
    const place = best.agreed.get(chain.at(-1)?.id ?? "");
    if (place === undefined) return chain;
    const takers = [...mine.agreed].filter(
      ([, one]) =>
        one.host === place.host &&
        one.start < place.start + place.minutes * MINUTE &&
        place.start < one.start + one.minutes * MINUTE,
    );
    const next = takers.map(([id]) => byId.get(id)).find((one) => one !== undefined && !chain.includes(one));
    if (next === undefined) return chain;
    chain.push(next);
  }
};

export const lossesBeside = (world: World, mine: Outcome, best: Outcome, history: readonly AskedOnce[]): Loss[] => {
  const byNeed = groupBy(history, (one) => one.need);
  const publishedAt = (host: string, start: number): number =>
    world.clinics.find(({ practice, starts }) => practice.id === host && starts.includes(start))?.publishedAt ?? 0;
  const causeOf = (need: Need, chain: readonly Need[]): Cause => {
    const last = chain.at(-1) ?? need;
    const place = best.agreed.get(last.id);
    if (chain.slice(1).some(({ id }) => (mine.agreed.get(id)?.agreedAt ?? Infinity) < need.postedAt))
      return "unforeseen";
    if (place === undefined) return "exchanged";
    if (publishedAt(place.host, place.start) > (mine.agreed.get(last.id)?.agreedAt ?? Infinity))
      return "published-later";
    const states = (byNeed.get(last.id) ?? []).filter(({ host }) => host === place.host).map(({ state }) => state);
    if (states.some((state) => state === "lapsed" || state === "declined")) return "too-late";
    if (states.some((state) => state.includes("accepted"))) return "half-given";
    if (states.length > 0) return "stood-down";
    return world.practices.find(({ id }) => id === place.host)?.role === "silent" ? "never-called" : "never-asked";
  };
  const describe = (need: Need): string => {
    const place = best.agreed.get(need.id);
    const practice = world.practices.find(({ id }) => id === place?.host);
    const kind = practice?.role === "silent" ? "call" : "ask";
    const { minutes } = answerOf(world.seed, place?.host ?? "", need.request, kind, need.priority);
    const asked = (byNeed.get(need.id) ?? []).map(
      (one) => `${shown(one.askedAt)} ${one.host === place?.host ? "*" : ""}${one.kind}:${one.state}`,
    );
    const agreed = mine.agreed.get(need.id);
    return [
      `${need.id} ${need.service} ${need.priority} posted ${shown(need.postedAt)} due ${shown(need.dueBy)}`,
      agreed === undefined
        ? "without"
        : `agreed ${shown(agreed.agreedAt)} for ${shown(agreed.start)} at ${agreed.host}`,
      place === undefined
        ? "clairvoyant leaves it"
        : `clairvoyant ${practice?.role} ${place.host} ${shown(place.start)} published ${shown(publishedAt(place.host, place.start))}, answers in ${Math.round(minutes)} min`,
      `asked ${asked.join(" ")}`,
    ].join("; ");
  };
  return world.requests
    .flatMap((request) => request.needs)
    .filter(({ id }) => best.agreed.has(id) && !mine.agreed.has(id))
    .map((need): Loss => {
      const chain = chainFrom(need, world, mine, best);
      return { need, cause: causeOf(need, chain), detail: chain.map(describe).join("\n      <- ") };
    });
};

/** Requests whose last need was agreed an hour or more later than by a rival, each with what its latest need went through. */
export const slowerThan = (world: World, mine: Outcome, rival: Outcome, history: readonly AskedOnce[]): string[] =>
  world.requests.flatMap(({ id, needs, postedAt }) => {
    const endOf = ({ agreed }: Outcome, need: Need): number => agreed.get(need.id)?.agreedAt ?? need.dueBy;
    const lastIn = (outcome: Outcome): number => Math.max(...needs.map((need) => endOf(outcome, need)));
    const [last] = needs.toSorted((left, right) => endOf(mine, right) - endOf(mine, left));
    const isFull = needs.every((need) => rival.agreed.has(need.id));
    if (last === undefined || !isFull || lastIn(mine) < lastIn(rival) + HOUR) return [];
    const asked = history
      .filter(({ need }) => need === last.id)
      .map(({ host, kind, state, askedAt }) => `${shown(askedAt)} ${kind} ${host} ${state}`);
    const place = mine.agreed.get(last.id);
    const ended = place === undefined ? "not covered" : `${shown(place.agreedAt)} ${place.host}`;
    const hours = [mine, rival].map((outcome) => ((lastIn(outcome) - postedAt) / HOUR).toFixed(1)).join(" h, rival ");
    return [
      `${id} ${hours} h: ${last.id} ${last.service} ${last.priority} posted ${shown(postedAt)}; ${ended} (rival ${rival.agreed.get(last.id)?.host}); ${asked.join(", ")}`,
    ];
  });
