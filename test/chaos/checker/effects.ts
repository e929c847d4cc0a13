import { createHash } from "node:crypto";
import { z } from "zod";
import { entriesOf, type Answered, type Asked, type ClientLog } from "../model/client-log.ts";
import type { Evidence } from "./evidence.ts";
import type { KeyRow } from "./facts.ts";

/*
 * What took effect: a command did when its key is stored with a 2xx, or a form with where it led to. That row is written
 * in the command's own transaction.
 */

export const fingerprintOf = ({ method, path, body }: Asked): string =>
  createHash("sha256")
    .update(`${method} ${path}\n${JSON.stringify(body ?? null)}`)
    .digest("hex");

const asJson = z.object({ text: z.string().nullable() });
/** Of a form: where its page led to. */
const asForm = z.object({ location: z.string() });
const stored = z.union([asForm.transform(({ location }) => location), asJson.transform(({ text }) => read(text))]);
const read = (text: string | null): unknown => (text === null ? "" : JSON.parse(text));

export const storedBody = (row: KeyRow): unknown => stored.parse(row.body);

/** A form that was carried out leads to another page. */
export const LED_ON = 303;
export const isDone = ({ status }: Pick<Answered, "status">): boolean => status < 300 || status === LED_ON;

/** A command that took effect, with the answer that is kept of it. */
export interface Effect {
  readonly log: ClientLog;
  readonly asked: Asked;
  readonly answer: unknown;
}

export const keyId = (scope: string, key: string): string => `${scope} ${key}`;
export const scopeOf = (log: ClientLog): string => `${log.userId}@${log.code}`;

export const keysOf = ({ facts }: Evidence): ReadonlyMap<string, KeyRow> =>
  new Map(facts.keys.map((row) => [keyId(row.scope, row.key), row]));

export const effectsOf = (evidence: Evidence): Effect[] => {
  const keys = keysOf(evidence);
  return evidence.logs.flatMap((log) => {
    const seen = new Set<string>();
    return entriesOf(log, "asked").flatMap((asked): Effect[] => {
      const row = keys.get(keyId(scopeOf(log), asked.key));
      if (row === undefined || !isDone(row) || row.fingerprint !== fingerprintOf(asked) || seen.has(asked.key))
        return [];
      seen.add(asked.key);
      return [{ log, asked, answer: storedBody(row) }];
    });
  });
};

export const describe = (log: ClientLog, { command, key }: Pick<Asked, "command" | "key">): string =>
  `${log.code}'s ${command} (key ${key})`;

/** Whether what was asked was the form of a page. */
export const isForm = (asked: readonly Asked[] = []): boolean => asked.some(({ path }) => !path.startsWith("/v1/"));
