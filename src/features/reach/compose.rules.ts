import { groupBy } from "../../platform/lists/lists.ts";
import { linesWithoutIdentifiers, withoutIdentifiers } from "./note.rules.ts";
import type { Letter, LetterPart } from "./letter.schema.ts";

/** One delivery with its words. */
export interface Worded {
  readonly id: string;
  readonly kind: string;
  readonly isDigest: boolean;
  readonly subject: string;
  readonly lines: readonly string[];
  readonly link: string;
  readonly linkText: string;
  readonly ring: LetterPart["ring"];
  readonly page?: Letter["page"];
}

export interface Composed {
  readonly deliveryIds: readonly string[];
  readonly letter: Letter;
}

/** Cleaned together: lines that are harmless alone may make a number where they meet. */
const cleanPart = ({ subject, lines, link, linkText, ring }: Worded): LetterPart => {
  const [heading = "", ...rest] = linesWithoutIdentifiers([
    withoutIdentifiers(subject, 200),
    ...lines.map((line) => withoutIdentifiers(line, 300)),
    withoutIdentifiers(linkText, 60),
  ]);
  return { heading, lines: rest.slice(0, -1), link, linkText: rest.at(-1) ?? "Open", ring };
};

const COUNTED: Readonly<Record<string, readonly [one: string, many: string]>> = {
  offer: ["request to answer", "requests to answer"],
  agreed: ["agreed", "agreed"],
  "stand-down": ["no longer needed", "no longer needed"],
  returned: ["came back", "came back"],
  cancelled: ["cancelled", "cancelled"],
};

/** `3 requests to answer, 1 agreed, 2 others`. */
const summary = (parts: readonly Worded[]): string => {
  const counts = new Map<string, number>();
  for (const { kind } of parts) {
    const word = kind in COUNTED ? kind : "others";
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts]
    .map(([kind, count]) => {
      const [one, many] = COUNTED[kind] ?? (counts.size === 1 ? ["message", "messages"] : ["other", "others"]);
      return `${count} ${count === 1 ? one : many}`;
    })
    .join(", ");
};

/** Some kinds say enough by themselves to be a message of their own; the rest of one kind go together. */
const OWN_MESSAGE = new Set(["offer", "nudge", "test", "alarm"]);

const groupOf = (each: Worded): string =>
  each.isDigest ? "digest" : OWN_MESSAGE.has(each.kind) ? `${each.kind} ${each.id}` : each.kind;

/**
 * Puts what one recipient is to hear now into messages: each urgent offer by itself, with a subject that lets the reader
 * decide; everything routine in one bundle; several of another kind (five needs that came back) in one too.
 */
export const compose = (worded: readonly Worded[], forName: string, isPush: boolean): Composed[] => {
  const groups = groupBy(worded, (each) => (isPush ? each.id : groupOf(each)));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    // Of several only the last: an older page misleads.
    const page = isPush ? undefined : group.findLast((each) => each.page !== undefined)?.page;
    const subject = group.length === 1 ? first.subject : `For your desk: ${summary(group)}`;
    return [
      {
        deliveryIds: group.map(({ id }) => id),
        letter: {
          kind: group.length === 1 ? first.kind : first.isDigest ? "digest" : first.kind,
          subject: withoutIdentifiers(subject, 200),
          parts: group.map(cleanPart),
          forName: withoutIdentifiers(forName, 120),
          ...(page && { page }),
        },
      },
    ];
  });
};
