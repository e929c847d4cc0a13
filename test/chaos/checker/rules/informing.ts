import { z } from "zod";
import { entriesOf, type ClientLog } from "../../model/client-log.ts";
import { groupBy } from "../../../../src/platform/lists/lists.ts";
import { brokersByGroup, byId, logsByStream, rule, type Evidence } from "../evidence.ts";
import type { EventRow, OfferRow } from "../facts.ts";

/* Nobody is shown what is not so, and nobody concerned is left uninformed. */

const made = z.object({
  offerId: z.string(),
  kind: z.string(),
  awaiting: z.enum(["home", "supporting"]),
  homeCode: z.string(),
  supportingCode: z.string(),
  slots: z.array(z.object({ id: z.string() })),
});
const changed = z.object({ offerId: z.string(), state: z.string() });

const answererOf = ({ awaiting, home, supporting }: Pick<OfferRow, "awaiting" | "home" | "supporting">): string =>
  awaiting === "home" ? home : supporting;

const sameMembers = (left: readonly string[], right: readonly string[]): boolean =>
  [...left].sort().join() === [...right].sort().join();

/** Ids of offers that wait for `code`, by its log up to `offset`. */
const waitingAt = (log: readonly EventRow[], code: string, offset: number): string[] => {
  const waiting = new Set<string>();
  for (const { type, data, offset: at } of log) {
    if (at > offset) break;
    if (type === "offer.made") {
      const { offerId, awaiting, homeCode, supportingCode } = made.parse(data);
      if ((awaiting === "home" ? homeCode : supportingCode) === code) waiting.add(offerId);
    } else if (type === "offer.changed") {
      const { offerId, state } = changed.parse(data);
      if (state !== "waiting") waiting.delete(offerId);
    }
  }
  return [...waiting];
};

/** A desk shows at most as many. */
const SHOWN_AT_MOST = 200;

const oddViews = (log: ClientLog, stored: readonly EventRow[], evidence: Context): string[] =>
  entriesOf(log, "shown").flatMap(({ offset, waiting }) => {
    if (waiting.length >= SHOWN_AT_MOST) return [];
    const ids = waiting.map(({ id }) => id);
    const expected = waitingAt(stored, log.code, offset);
    const strangers = waiting.flatMap(({ id, slots }) => {
      const own = evidence.slotsOf.get(id)?.map(({ slotId }) => slotId) ?? [];
      return slots.every((slot) => own.includes(slot))
        ? []
        : [`${log.code} was shown offer ${id} with times that are not its own`];
    });
    if (sameMembers(ids, expected)) return strangers;
    const extra = ids.filter((id) => !expected.includes(id));
    const lacking = expected.filter((id) => !ids.includes(id));
    return [
      ...strangers,
      `at offset ${offset} ${log.code} was shown ${ids.length} waiting offers, ${extra.length} of which did not wait (${extra[0] ?? "-"}) while ${lacking.length} were left out (${lacking[0] ?? "-"})`,
    ];
  });

interface Context {
  readonly offers: ReadonlyMap<string, OfferRow>;
  readonly slotsOf: ReadonlyMap<string, readonly { readonly slotId: string }[]>;
  readonly brokers: ReadonlyMap<string, readonly string[]>;
}

const contextOf = ({ facts }: Evidence): Context => ({
  offers: byId(facts.offers),
  slotsOf: groupBy(facts.offerSlots, ({ offerId }) => offerId),
  brokers: brokersByGroup(facts),
});

const oddFrames = (log: ClientLog, { offers, slotsOf, brokers }: Context): string[] =>
  entriesOf(log, "frame").flatMap(({ type, data }) => {
    if (type !== "offer.made") return [];
    const { offerId, kind, slots } = made.parse(data);
    const offer = offers.get(offerId);
    if (offer === undefined) return [`${log.code} was told of offer ${offerId}, which does not exist`];
    const own = (slotsOf.get(offerId) ?? []).map(({ slotId }) => slotId);
    const isFor = answererOf(offer) === log.code || (brokers.get(offer.group) ?? []).includes(log.code);
    if (!isFor) return [`${log.code} was told of offer ${offerId}, which is none of its business`];
    const isSame =
      offer.kind === kind &&
      sameMembers(
        own,
        slots.map(({ id }) => id),
      );
    return isSame ? [] : [`${log.code} was told of offer ${offerId} with other times than it held`];
  });

/** S4, O1: what a desk is told of and shown is what is so at that offset of its log. */
export const offersShownAreReal = rule(
  "offers-real",
  "Every offer that a desk was told of or shown was real at that time: its own, with just its times, and waiting (S4, O1).",
  (evidence) => {
    const context = contextOf(evidence);
    const stored = logsByStream(evidence.facts);
    return evidence.logs.flatMap((log) => [
      ...oddFrames(log, context),
      ...oddViews(log, stored.get(log.code) ?? [], context),
    ]);
  },
);

/** What a log says last of each subject. */
const lastOf = <T>(
  log: readonly EventRow[],
  type: string,
  read: (data: unknown) => readonly (readonly [string, T])[],
): ReadonlyMap<string, T> => new Map(log.filter((event) => event.type === type).flatMap(({ data }) => read(data)));

interface Heard {
  readonly made: ReadonlyMap<string, true>;
  readonly changed: ReadonlyMap<string, string>;
  readonly agreed: ReadonlyMap<string, true>;
  readonly cancelled: ReadonlyMap<string, true>;
}

const agreedData = z.object({ agreements: z.array(z.object({ id: z.string() })) });
const cancelledData = z.object({ agreement: z.object({ id: z.string() }) });

const heardBy = (log: readonly EventRow[]): Heard => ({
  made: lastOf(log, "offer.made", (data) => [[made.parse(data).offerId, true]]),
  changed: lastOf(log, "offer.changed", (data) => {
    const { offerId, state } = changed.parse(data);
    return [[offerId, state]];
  }),
  agreed: lastOf(log, "agreement.made", (data) => agreedData.parse(data).agreements.map(({ id }) => [id, true])),
  cancelled: lastOf(log, "agreement.cancelled", (data) => [[cancelledData.parse(data).agreement.id, true]]),
});

/** O5, H3: whoever is concerned has it in its log: offers made and ended, stand-downs above all, agreements made and ended. */
export const everyoneIsInformed = rule(
  "informed",
  "Every desk concerned, and the brokers, are told of each offer, of how it ended, and of each agreement made or ended (O5, H3).",
  (evidence) => {
    const { facts } = evidence;
    const brokers = brokersByGroup(facts);
    const heard = new Map([...logsByStream(facts)].map(([stream, log]) => [stream, heardBy(log)]));
    const missing = (
      streams: readonly string[],
      what: string,
      isHeard: (log: Heard | undefined) => boolean,
    ): string[] => streams.flatMap((code) => (isHeard(heard.get(code)) ? [] : [`${code} was not told ${what}`]));
    return [
      ...facts.offers.flatMap((offer) => {
        const asked = [answererOf(offer), ...(brokers.get(offer.group) ?? [])];
        const ended = offer.state === "waiting" ? [] : [offer.supporting, ...asked];
        return [
          ...missing(asked, `of offer ${offer.id}`, (log) => log?.made.has(offer.id) === true),
          ...missing(
            [...new Set(ended)],
            `that offer ${offer.id} was ${offer.state}`,
            (log) => log?.changed.get(offer.id) === offer.state,
          ),
        ];
      }),
      ...facts.agreements.flatMap(({ id, group, home, supporting, isLive }) => {
        const sides = [home, supporting, ...(brokers.get(group) ?? [])];
        return [
          ...missing(sides, `of agreement ${id}`, (log) => log?.agreed.has(id) === true),
          ...(isLive ? [] : missing(sides, `that agreement ${id} ended`, (log) => log?.cancelled.has(id) === true)),
        ];
      }),
    ];
  },
);

const counts = z.object({
  reference: z.string(),
  looking: z.number(),
  agreed: z.number(),
  withdrawn: z.number(),
  returned: z.number(),
});

/** R8: what home was told last of a request is how it stands. */
export const countsAreCurrent = rule(
  "counts-current",
  "The counts that home was told last are those of the request's needs now (R8).",
  ({ facts }) => {
    const logs = logsByStream(facts);
    const needs = groupBy(facts.needs, ({ requestId }) => requestId);
    return facts.requests.flatMap(({ id, reference, home }) => {
      const told = lastOf(logs.get(home) ?? [], "request.changed", (data) => {
        const one = counts.parse(data);
        return [[one.reference, one]];
      }).get(reference);
      const states = (needs.get(id) ?? []).map(({ state }) => state);
      const number = (...some: string[]): number => states.filter((state) => some.includes(state)).length;
      if (told === undefined)
        return number("open") === states.length ? [] : [`${home} was told nothing of ${reference}`];
      const now = [number("open", "offered"), number("withdrawn"), number("returned")].join("/");
      const said = [told.looking, told.withdrawn, told.returned].join("/");
      return now === said
        ? []
        : [`${home} was told ${said} of ${reference} (looking/withdrawn/returned), and it is ${now}`];
    });
  },
);
