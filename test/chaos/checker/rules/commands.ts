import { entriesOf } from "../../model/client-log.ts";
import { groupBy } from "../../../../src/platform/lists/lists.ts";
import { rule } from "../evidence.ts";
import { describe, fingerprintOf, isDone, isForm, keyId, keysOf, scopeOf, storedBody } from "../effects.ts";

/*
 * Commands: whatever was acknowledged took effect, whatever took effect did so once and stands in the audit trail.
 * A command took effect when its key is stored with a 2xx: that row is written in the command's own transaction.
 */

/** O6, R2: an acknowledgement is a promise: the effect is stored under that key, with that answer. */
export const acknowledgedIsStored = rule(
  "acknowledged-stored",
  "What was acknowledged is in the database, under its key and with that answer (R2, O6).",
  (evidence) => {
    const keys = keysOf(evidence);
    return evidence.logs.flatMap((log) =>
      entriesOf(log, "answered")
        .filter(isDone)
        .flatMap((answered) => {
          const row = keys.get(keyId(scopeOf(log), answered.key));
          if (row === undefined) return [`${describe(log, answered)} was acknowledged, and nothing is stored under it`];
          const isSame =
            row.status === answered.status && JSON.stringify(storedBody(row)) === JSON.stringify(answered.body);
          return isSame ? [] : [`${describe(log, answered)} was answered otherwise than is stored`];
        }),
    );
  },
);

/** O6: repeats of a key, at once or later, through whichever process, get one answer. */
export const repeatsAgree = rule(
  "repeats-agree",
  "Repeating a command with the same key gives the first answer; the same key with another body is refused (O6).",
  ({ logs }) =>
    logs.flatMap((log) => {
      const asked = groupBy(entriesOf(log, "asked"), ({ key }) => key);
      return [...groupBy(entriesOf(log, "answered"), ({ key }) => key)].flatMap(([key, answers]) => {
        const bodies = new Set((asked.get(key) ?? []).map(fingerprintOf)).size;
        // The refusal of a form is not kept: sent again, it may be taken.
        const kept = answers.filter((one) => isDone(one) || !isForm(asked.get(key)));
        const different = new Set(kept.map(({ status, body }) => JSON.stringify([status, body])));
        if (different.size <= 1) return [];
        const refused = kept.filter(({ status }) => status === 422).length;
        if (bodies > 1 && different.size === 2 && refused > 0) return [];
        return [`key ${key} of ${log.code} got ${different.size} different answers`];
      });
    }),
);

/** A form without the token of its page is refused, and nothing comes of it. */
export const forgeriesAreRefused = rule(
  "forged-refused",
  "A form that does not carry the token of its page is refused and changes nothing.",
  (evidence) => {
    const keys = keysOf(evidence);
    return evidence.logs.flatMap((log) => [
      ...entriesOf(log, "answered").flatMap((answered) =>
        answered.command !== "forged" || answered.status === 403 || answered.status === 401
          ? []
          : [`${describe(log, answered)} was answered ${answered.status}`],
      ),
      ...entriesOf(log, "asked").flatMap((asked) =>
        asked.command === "forged" && keys.has(keyId(scopeOf(log), asked.key))
          ? [`${describe(log, asked)} took effect`]
          : [],
      ),
    ]);
  },
);
