import { z } from "zod";
import { groupBy } from "../../../../src/platform/lists/lists.ts";
import { brokersByGroup, byId, logsByStream, rule, type Evidence } from "../evidence.ts";
import type { AgreementRow, EventRow } from "../facts.ts";

/*
 * What is given, is given once. The end state is read from the rows; what happened on the way from each federation's log,
 * which tells of every offer and agreement of its group in the order in which they were committed.
 */

/** O4: the rows as they stand. */
export const needAgreedOnce = rule("need-once", "A need is agreed at most once at any time (O4).", (evidence) => [
  ...[...groupBy(live(evidence), ({ needId }) => needId)].flatMap(([, some]) =>
    some.length === 1 ? [] : [`${some[0]?.reference} ${some[0]?.ref} has ${some.length} live agreements`],
  ),
  ...brokerLogs(evidence).flatMap(agreedTwice),
]);

const live = ({ facts }: Evidence): AgreementRow[] => facts.agreements.filter(({ isLive }) => isLive);

const brokerLogs = ({ facts }: Evidence): (readonly EventRow[])[] => {
  const logs = logsByStream(facts);
  return [...brokersByGroup(facts).values()].map(([first = ""]) => logs.get(first) ?? []);
};

const made = z.object({ reference: z.string(), agreements: z.array(z.object({ id: z.string(), ref: z.string() })) });
const ended = z.object({ reference: z.string(), agreement: z.object({ id: z.string(), ref: z.string() }) });

/** Needs for which an agreement was announced while another one stood. */
const agreedTwice = (log: readonly EventRow[]): string[] => {
  const standing = new Map<string, string>();
  return log.flatMap(({ type, data, offset, stream }) => {
    if (type === "agreement.cancelled") {
      const { reference, agreement } = ended.parse(data);
      standing.delete(`${reference} ${agreement.ref}`);
      return [];
    }
    if (type !== "agreement.made") return [];
    const { reference, agreements } = made.parse(data);
    return agreements.flatMap(({ id, ref }) => {
      const need = `${reference} ${ref}`;
      const before = standing.get(need);
      standing.set(need, id);
      return before === undefined
        ? []
        : [`${need} was agreed again at offset ${offset} of ${stream} while ${before} stood`];
    });
  });
};

const offered = z.object({
  offerId: z.string(),
  slots: z.array(z.object({ id: z.string() })),
  awaiting: z.string(),
});
const changed = z.object({ offerId: z.string(), state: z.string() });

/** Slots that were offered while another offer that had not changed since held them. */
const heldTwice = (log: readonly EventRow[]): string[] => {
  const slotsOf = new Map<string, readonly string[]>();
  const holder = new Map<string, string>();
  const letGo = (offerId: string): void => {
    for (const slot of slotsOf.get(offerId) ?? []) if (holder.get(slot) === offerId) holder.delete(slot);
  };
  return log.flatMap(({ type, data, offset, stream }) => {
    // Whichever change it was: from then on this log does not say which of its slots an offer still holds.
    if (type === "offer.changed") letGo(changed.parse(data).offerId);
    if (type !== "offer.made") return [];
    const { offerId, slots } = offered.parse(data);
    const twice = slots.flatMap(({ id }) => {
      const other = holder.get(id);
      holder.set(id, offerId);
      return other === undefined
        ? []
        : [`slot ${id} was offered at offset ${offset} of ${stream} while offer ${other} held it`];
    });
    slotsOf.set(
      offerId,
      slots.map(({ id }) => id),
    );
    return twice;
  });
};

/** O4, A1: a slot has one live agreement or one live hold at most, and says so itself. */
export const slotGivenOnce = rule(
  "slot-once",
  "A slot is given at most once and held at most once at any time, and its state says which (O4, A1).",
  (evidence) => {
    const { facts } = evidence;
    const given = groupBy(
      facts.agreementSlots.filter(({ isLive }) => isLive),
      ({ slotId }) => slotId,
    );
    const held = groupBy(
      facts.offerSlots.filter(({ isLive }) => isLive),
      ({ slotId }) => slotId,
    );
    const odd = facts.slots.flatMap(({ id, state, organisation }) => {
      const [agreements, holds] = [given.get(id)?.length ?? 0, held.get(id)?.length ?? 0];
      const means = agreements === 1 && holds === 0 ? "busy" : holds === 1 && agreements === 0 ? "busy-tentative" : "";
      const isFine = agreements + holds === 0 ? ["free", "busy-unavailable"].includes(state) : state === means;
      return isFine
        ? []
        : [`slot ${id} of ${organisation} is ${state} with ${agreements} agreements and ${holds} holds`];
    });
    return [...odd, ...brokerLogs(evidence).flatMap(heldTwice)];
  },
);

/** Agreements and the states of needs are two sides of one thing. */
export const statesAgree = rule(
  "states-agree",
  "A need is agreed exactly while it has a live agreement, and offered exactly while a waiting offer asks for it (O1, O5).",
  (evidence) => {
    const { facts } = evidence;
    const agreed = new Set(live(evidence).map(({ needId }) => needId));
    const offers = byId(facts.offers);
    const asked = new Set(
      facts.offerNeeds.flatMap(({ offerId, needId, isLive }) =>
        isLive && offers.get(offerId)?.state === "waiting" ? [needId] : [],
      ),
    );
    const dead = facts.offerNeeds.flatMap(({ offerId, needId, isLive }) =>
      isLive && offers.get(offerId)?.state !== "waiting"
        ? [`offer ${offerId} has ended and still asks for ${needId}`]
        : [],
    );
    const references = byId(facts.requests);
    return [
      ...dead,
      ...facts.needs.flatMap(({ id, ref, state, requestId }) => {
        const name = `${references.get(requestId)?.reference ?? requestId} ${ref}`;
        if (["agreed", "told"].includes(state) !== agreed.has(id))
          return [`${name} is ${state}, and ${agreed.has(id) ? "has" : "has no"} live agreement`];
        if ((state === "offered") !== asked.has(id))
          return [`${name} is ${state}, and ${asked.has(id) ? "a" : "no"} waiting offer asks for it`];
        return [];
      }),
    ];
  },
);
