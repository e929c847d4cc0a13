import { z } from "zod";

/** Where a page ended: the start and id of its last row. */
export interface Position {
  readonly startsAt: string;
  readonly id: string;
}

const cursor = z.tuple([z.iso.datetime(), z.uuid()]);

/** The opaque keyset cursor after a row. */
export const cursorAfter = (row: Position): string =>
  Buffer.from(JSON.stringify([row.startsAt, row.id])).toString("base64url");

/** Undefined for anything that is not one of ours. */
export const readCursor = (text: string): Position | undefined => {
  try {
    const parsed = cursor.safeParse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return parsed.success ? { startsAt: parsed.data[0], id: parsed.data[1] } : undefined;
  } catch {
    return undefined;
  }
};

/** The page of `limit` rows out of at most one more, and where the next one starts. */
export const pageOf = <T extends Position>(found: readonly T[], limit: number): { items: T[]; next: string | null } => {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? cursorAfter(last) : null };
};
