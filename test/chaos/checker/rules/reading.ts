import { entriesOf } from "../../model/client-log.ts";
import { brokersByGroup, rule, type Evidence } from "../evidence.ts";

/*
 * S7, P3: what a frame carries, its receiver may read. Whatever names something (a practice, a request, an offer, an
 * agreement, a slot, a person) is looked up in who may know of it; a frame may name nothing else.
 */

type Readers = ReadonlyMap<string, ReadonlySet<string>>;

/** Who may know of what, by the rows: both sides of an agreement, who answers an offer, home, and the brokers of the group. */
const readersOf = ({ facts, logs }: Evidence): Readers => {
  const readers = new Map<string, Set<string>>();
  const brokers = brokersByGroup(facts);
  const lets = (names: readonly string[], codes: readonly string[], group: string | undefined): void => {
    for (const name of names) {
      const known = readers.get(name) ?? new Set();
      for (const code of [...codes, ...(group === undefined ? [] : (brokers.get(group) ?? []))]) known.add(code);
      readers.set(name, known);
    }
  };
  for (const { code, group } of facts.organisations) lets([code], [code], group ?? undefined);
  for (const { reference, id, home, group } of facts.requests) lets([reference, id], [home], group);
  for (const { id, organisation } of facts.slots) lets([id], [organisation], undefined);
  const groupOf = new Map(facts.offers.map(({ id, group }) => [id, group]));
  for (const { id, reference, home, supporting, awaiting, group } of facts.offers) {
    // Home hears of an offer by name when it is asked, and otherwise of what was agreed.
    const sides = awaiting === "home" ? [home, supporting] : [supporting];
    lets([id, reference, home, supporting], sides, group);
  }
  const sidesOf = new Map(
    facts.offers.map(({ id, home, supporting, awaiting }) => [
      id,
      awaiting === "home" ? [home, supporting] : [supporting],
    ]),
  );
  for (const { offerId, slotId } of facts.offerSlots) lets([slotId], sidesOf.get(offerId) ?? [], groupOf.get(offerId));
  for (const { id, reference, offerId, home, supporting, group } of facts.agreements)
    lets([id, reference, home, supporting, ...(offerId === null ? [] : [offerId])], [home, supporting], group);
  const groupOfCode = new Map(facts.organisations.map(({ code, group }) => [code, group]));
  for (const { userId, code } of logs) lets([userId], [code], groupOfCode.get(code) ?? undefined);
  return readers;
};

const stringsIn = (value: unknown): string[] => {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
};

export const readsOnlyItsOwn = rule(
  "reads-own",
  "A frame names nothing that its receiver may not read: no other practice's requests, offers, agreements, slots or people (S7, P3).",
  (evidence) => {
    const readers = readersOf(evidence);
    return evidence.logs.flatMap((log) =>
      entriesOf(log, "frame").flatMap(({ offset, type, data }) =>
        stringsIn(data)
          .filter((name) => readers.get(name)?.has(log.code) === false)
          .map((name) => `${log.code} was told of ${name} by ${type} at offset ${offset}`),
      ),
    );
  },
);
