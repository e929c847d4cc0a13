import { z } from "zod";
import { groupBy } from "../../../../src/platform/lists/lists.ts";
import { byId, logsByStream, rule, type Evidence } from "../evidence.ts";
import type { EventRow } from "../facts.ts";

/* What leaves: messages to people, once for each cause and recipient, and webhooks in the order of the log. */

const offerEvent = z.object({ offerId: z.string() });
const offerChange = z.object({ offerId: z.string(), state: z.string() });
const cancelled = z.object({ agreement: z.object({ id: z.string() }), bySide: z.string() });
const homed = z.object({ homeCode: z.string() });
const supported = z.object({ supportingCode: z.string() });

/** The cause under which this organisation must have been told of an event of its log; undefined: it need not be. */
const causeOf = (
  { stream, type, id, data }: EventRow,
  offers: ReadonlyMap<string, Evidence["facts"]["offers"][number]>,
  agreements: ReadonlyMap<string, Evidence["facts"]["agreements"][number]>,
): string | undefined => {
  const told = (isConcerned: boolean): string | undefined => (isConcerned ? `${type}:${id}` : undefined);
  switch (type) {
    case "offer.made": {
      // One that had ended before anybody came to write is not written of any more.
      const offer = offers.get(offerEvent.parse(data).offerId);
      const desk = offer?.awaiting === "home" ? offer.home : offer?.supporting;
      return offer?.state === "waiting" && desk === stream ? `offer:${offer.id}` : undefined;
    }
    case "offer.changed": {
      const { offerId, state } = offerChange.parse(data);
      const offer = offers.get(offerId);
      const desk = offer?.awaiting === "home" ? offer.home : offer?.supporting;
      return state === "stood-down" && desk === stream ? `stand-down:${offerId}` : undefined;
    }
    case "agreement.cancelled": {
      const { agreement, bySide } = cancelled.parse(data);
      const sides = agreements.get(agreement.id);
      const side = sides?.home === stream ? "home" : sides?.supporting === stream ? "supporting" : undefined;
      return told(side !== undefined && side !== bySide);
    }
    case "agreement.release-due":
    case "need.returned":
      return told(homed.parse(data).homeCode === stream);
    case "agreement.swapped":
      return told(supported.parse(data).supportingCode === stream);
    default:
      return undefined;
  }
};

/** A6, O5, R7: each cause is one message to each recipient and channel, whatever was killed while it was derived. */
export const derivedOnce = rule(
  "told-once",
  "Whatever people must be told by message is derived for their desk, once for each cause, recipient and channel.",
  ({ facts }) => {
    const offers = byId(facts.offers);
    const agreements = byId(facts.agreements);
    const events = new Set(facts.events.map(({ id }) => id));
    const derived = groupBy(facts.deliveries, ({ cause, recipient, channel }) => `${cause} ${recipient} ${channel}`);
    const twice = [...derived].flatMap(([what, some]) =>
      some.length === 1 ? [] : [`${what} was derived ${some.length} times`],
    );
    const desks = new Set(facts.organisations.map(({ code }) => code));
    const lost = facts.events.flatMap((event) => {
      const cause = desks.has(event.stream) ? causeOf(event, offers, agreements) : undefined;
      return cause === undefined || derived.has(`${cause} desk:${event.stream} email`)
        ? []
        : [`${event.stream} was to be told ${cause} (offset ${event.offset}), and nothing was derived`];
    });
    const invented = facts.deliveries.flatMap(({ cause, recipient }) => {
      const [kind = "", id = ""] = cause.split(":");
      const isKnown =
        kind === "offer" || kind === "stand-down" ? offers.has(id) : !kind.includes(".") || events.has(id);
      return isKnown ? [] : [`${recipient} is told ${cause}, of which nothing is known`];
    });
    return [...twice, ...lost, ...invented];
  },
);

const envelopeOf = (messageId: string): string => /^<([^@]+)@/.exec(messageId)?.[1] ?? messageId;

/** What is said to be sent has arrived where it was to go, and nothing else has. */
export const sentHasArrived = rule(
  "sent-arrived",
  "Each message that counts as sent arrived at its address, and every message that arrived was one to be sent there.",
  ({ facts, arrived }) => {
    if (arrived === undefined) return [];
    const envelopes = byId(facts.envelopes);
    const had = new Map(arrived.mails.map(({ messageId, to }) => [envelopeOf(messageId), to]));
    const lost = facts.envelopes.flatMap(({ id, state, channel, address }) =>
      channel !== "email" || state !== "sent" || had.get(id) === address
        ? []
        : [`message ${id} to ${address} counts as sent, and ${had.has(id) ? "went elsewhere" : "never arrived"}`],
    );
    const strange = arrived.mails.flatMap(({ messageId, to }) =>
      envelopes.get(envelopeOf(messageId))?.address === to ? [] : [`${to} received ${messageId}, which was not for it`],
    );
    return [...lost, ...strange];
  },
);

const hook = z.object({ offset: z.int(), organisation: z.string(), type: z.string(), data: z.unknown() });

/** A receiver holds a prefix of its organisation's log: repeats aside, in order, without gap, and as far as we think it has. */
export const hooksKeepOrder = rule(
  "hooks-in-order",
  "A webhook's receiver gets its organisation's log from the beginning, in order and without gap; a repeat is the same.",
  ({ facts, arrived }) => {
    if (arrived === undefined) return [];
    const logs = logsByStream(facts);
    const received = groupBy(arrived.hooks, ({ path }) => path.split("/").at(-1) ?? "");
    return facts.webhooks.flatMap(({ organisation, after }) => {
      const stored = logs.get(organisation) ?? [];
      let next = 1;
      const odd = (received.get(organisation) ?? []).flatMap(({ body }) => {
        const message = hook.parse(JSON.parse(body));
        const event = stored[message.offset - 1];
        const isSame =
          message.organisation === organisation &&
          event?.type === message.type &&
          JSON.stringify(event.data) === JSON.stringify(message.data);
        const isInOrder = message.offset <= next;
        if (message.offset === next) next += 1;
        if (!isInOrder) return [`${organisation} was posted offset ${message.offset} where ${next} belongs`];
        // Posted after the rows were read.
        if (event === undefined && message.offset > stored.length) return [];
        return isSame ? [] : [`${organisation} was posted offset ${message.offset} otherwise than it is stored`];
      });
      const had = next - 1;
      return had >= after ? odd : [...odd, `${organisation} counts as having ${after} webhooks, and has ${had}`];
    });
  },
);
