import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows } from "../../../src/platform/db/database.ts";
import { answerOf } from "./answers.ts";
import type { Federation } from "./federation.ts";
import type { Need, Outcome, Request, World } from "./world.ts";

/*
 * Why a need stayed without cover that whoever knows everything in advance covers (`--losses`): one cause each, from what
 * its offers went through and who stands now where the clairvoyant would have put it.
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
  /** Its place went to another need, which the clairvoyant puts elsewhere. */
  "given-away",
  /** Its place went to another need, which the clairvoyant leaves without. */
  "exchanged",
  /** A practice that publishes nothing would have said yes, and was not called. */
  "never-called",
  /** Its place stayed free, and the practice was not asked. */
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
  readonly host: string;
  readonly detail: string;
}

export const lossesBeside = (world: World, mine: Outcome, best: Outcome, history: readonly AskedOnce[]): Loss[] => {
  const needs = world.requests.flatMap((request) => request.needs);
  const byNeed = new Map<string, AskedOnce[]>();
  for (const one of history) byNeed.set(one.need, [...(byNeed.get(one.need) ?? []), one]);
  return needs.flatMap((need): Loss[] => {
    const place = best.agreed.get(need.id);
    if (place === undefined || mine.agreed.has(need.id)) return [];
    const { host, start, minutes } = place;
    const there = (byNeed.get(need.id) ?? []).filter((one) => one.host === host);
    const taker = [...mine.agreed].find(
      ([, one]) =>
        one.host === host && one.start < start + minutes * 60_000 && start < one.start + one.minutes * 60_000,
    );
    const role = world.practices.find(({ id }) => id === host)?.role ?? "silent";
    const answer = answerOf(world.seed, host, need.request, role === "silent" ? "call" : "ask", need.priority);
    const detail = [
      `${need.service} ${need.priority} posted ${new Date(need.postedAt).toISOString().slice(5, 16)} due ${new Date(need.dueBy).toISOString().slice(5, 16)}`,
      `place ${role} ${new Date(start).toISOString().slice(5, 16)}, answers in ${Math.round(answer.minutes)} min`,
      `asked ${(byNeed.get(need.id) ?? []).map((one) => `${one.host === host ? "*" : ""}${one.kind}:${one.state}`).join(" ")}`,
      taker === undefined
        ? ""
        : `taken by ${taker[0]} ${needs.find(({ id }) => id === taker[0])?.service} at ${new Date(taker[1].agreedAt).toISOString().slice(5, 16)}`,
    ].join("; ");
    const cause: Cause = there.some(({ state }) => state === "lapsed" || state === "declined")
      ? "too-late"
      : there.some(({ state }) => state.includes("accepted"))
        ? "half-given"
        : taker !== undefined
          ? best.agreed.has(taker[0])
            ? "given-away"
            : "exchanged"
          : there.length > 0
            ? "stood-down"
            : role === "silent"
              ? "never-called"
              : "never-asked";
    return [{ need, cause, host, detail }];
  });
};
