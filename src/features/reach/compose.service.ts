import { appNow, type Database, type Tx } from "../../platform/db/database.ts";
import { requirementNames, requirements, serviceNames } from "../services/index.ts";
import { compose, type Worded } from "./compose.rules.ts";
import {
  dropDeliveries,
  fateOfAsking,
  insertEnvelope,
  markDigest,
  placeOf,
  postponeDeliveries,
  readOfferFacts,
  readPhones,
  recipientsWithDue,
  takeDue,
  type DueDelivery,
} from "./compose.repository.ts";
import { noteContent } from "./note.schema.ts";
import { nudgeWords, offerWords, standDownWords, type Words } from "./offer-words.rules.ts";

const RECIPIENTS_AT_ONCE = 200;
const DELIVERIES_AT_ONCE = 100;

/** Which ways out there are on this installation. */
export interface WaysOut {
  readonly hasMail: boolean;
  readonly hasPush: boolean;
}

const requirementName = (code: string): string =>
  requirements.map((each) => (each === code ? requirementNames[each] : undefined)).find((name) => name !== undefined) ??
  code;

interface Sorted {
  readonly worded: Worded[];
  readonly over: string[];
  readonly postponed: string[];
}

/** Gives each delivery its words as things stand now; what is over by now is not sent any more. */
const putIntoWords = async (tx: Tx, recipient: string, due: readonly DueDelivery[]): Promise<Sorted> => {
  const offerIds = due.flatMap(({ offerId }) => (offerId === null ? [] : [offerId]));
  const offers = new Map((await readOfferFacts(tx.q, offerIds)).map((offer) => [offer.id, offer]));
  const fates = await fateOfAsking(
    tx.q,
    recipient,
    due.flatMap(({ kind, offerId }) => (kind === "stand-down" && offerId !== null ? [offerId] : [])),
  );
  const now = await appNow(tx.q);
  const nameOf = await serviceNames(tx.q);
  const contents = new Map(
    due.map(({ id, offerId, content }) => [id, offerId === null ? noteContent.parse(content) : null]),
  );
  const phones = await readPhones(
    tx.q,
    [...contents.values()].flatMap((content) => (content === null || content.ring === null ? [] : [content.ring])),
  );
  const sorted: Sorted = { worded: [], over: [], postponed: [] };
  const wordsOf = ({ kind, offerId }: DueDelivery): Words | "over" | "later" => {
    const offer = offers.get(offerId ?? "");
    if (offer === undefined) return "over";
    if (kind === "stand-down") {
      const fate = fates.get(offer.id);
      return fate === "told" ? standDownWords(offer) : fate === "on-its-way" ? "later" : "over";
    }
    if (offer.state !== "waiting") return "over";
    const words = offerWords(offer, nameOf, requirementName, now);
    return kind === "nudge" ? nudgeWords(words) : words;
  };
  for (const each of due) {
    const content = contents.get(each.id) ?? null;
    const words = content ?? wordsOf(each);
    if (words === "over") sorted.over.push(each.id);
    else if (words === "later") sorted.postponed.push(each.id);
    else {
      const ring = content === null || content.ring === null ? null : (phones.get(content.ring) ?? null);
      const { subject, lines, link, linkText } = words;
      sorted.worded.push({
        id: each.id,
        kind: each.kind,
        isDigest: each.isDigest,
        subject,
        lines,
        link,
        linkText,
        ring,
        page: content?.page,
      });
    }
  }
  return sorted;
};

/** Composes what is due for one recipient, in one transaction: each delivery into exactly one message, or dropped with a reason. */
const composeFor = async (tx: Tx, recipient: string, ways: WaysOut): Promise<number> => {
  const taken = await takeDue(tx, recipient, DELIVERIES_AT_ONCE);
  const [first] = taken;
  if (first === undefined) return 0;
  const { channel, organisationCode } = first;
  const stale = taken.filter(({ isStale }) => isStale).map(({ id }) => id);
  await dropDeliveries(tx, stale, "stale");
  const fresh = taken.filter(({ isStale }) => !isStale);
  if (!(channel === "email" ? ways.hasMail : ways.hasPush)) {
    await dropDeliveries(
      tx,
      fresh.map(({ id }) => id),
      `${channel === "email" ? "mail" : "push"}-off`,
    );
    return 0;
  }
  const { address, unconfirmed, forName } = await placeOf(tx.q, recipient, organisationCode);
  const reaches = ({ kind }: DueDelivery): boolean => (kind === "test" ? unconfirmed : address) !== null;
  await dropDeliveries(
    tx,
    fresh.filter((each) => !reaches(each)).map(({ id }) => id),
    "no-address",
  );
  const { worded, over, postponed } = await putIntoWords(tx, recipient, fresh.filter(reaches));
  await dropDeliveries(tx, over, "over");
  await postponeDeliveries(tx, postponed);
  const composed = compose(worded, forName, channel === "push");
  for (const each of composed) {
    const to = each.letter.kind === "test" ? unconfirmed : address;
    if (to !== null) await insertEnvelope(tx, { organisationCode, channel, recipient, address: to }, each);
  }
  const hasBundle = worded.some(({ isDigest }) => isDigest);
  if (hasBundle && organisationCode !== null && recipient.startsWith("desk:")) await markDigest(tx, organisationCode);
  return composed.length;
};

/** Composes whatever is due; each recipient in a transaction of its own. Returns how many messages there are to send. */
export const composeDue = async (database: Database, ways: WaysOut): Promise<number> => {
  let composed = 0;
  for (const recipient of await recipientsWithDue(database.q, RECIPIENTS_AT_ONCE)) {
    composed += await database.transact(async (tx) => composeFor(tx, recipient, ways));
  }
  return composed;
};
