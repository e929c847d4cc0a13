import { createHash } from "node:crypto";
import { z } from "zod";
import { entriesOf, type Answered, type Asked, type ClientLog } from "../../model/client-log.ts";
import { groupBy, rule, type Evidence } from "../evidence.ts";
import type { KeyRow } from "../facts.ts";

/*
 * Commands: whatever was acknowledged took effect, whatever took effect did so once and stands in the audit trail.
 * A command took effect when its key is stored with a 2xx: that row is written in the command's own transaction.
 */

const fingerprintOf = ({ method, path, body }: Asked): string =>
  createHash("sha256")
    .update(`${method} ${path}\n${JSON.stringify(body ?? null)}`)
    .digest("hex");

const stored = z.object({ text: z.string().nullable() });

const storedBody = (row: KeyRow): unknown => {
  const { text } = stored.parse(row.body);
  return text === null ? "" : JSON.parse(text);
};

/** A command that took effect, with the answer that is kept of it. */
interface Effect {
  readonly log: ClientLog;
  readonly asked: Asked;
  readonly answer: unknown;
}

const keyId = (scope: string, key: string): string => `${scope} ${key}`;
const scopeOf = (log: ClientLog): string => `${log.userId}@${log.code}`;

const keysOf = ({ facts }: Evidence): ReadonlyMap<string, KeyRow> =>
  new Map(facts.keys.map((row) => [keyId(row.scope, row.key), row]));

const effectsOf = (evidence: Evidence): Effect[] => {
  const keys = keysOf(evidence);
  return evidence.logs.flatMap((log) => {
    const seen = new Set<string>();
    return entriesOf(log, "asked").flatMap((asked): Effect[] => {
      const row = keys.get(keyId(scopeOf(log), asked.key));
      if (row === undefined || row.status >= 300 || row.fingerprint !== fingerprintOf(asked) || seen.has(asked.key))
        return [];
      seen.add(asked.key);
      return [{ log, asked, answer: storedBody(row) }];
    });
  });
};

const describe = (log: ClientLog, { command, key }: Pick<Asked, "command" | "key">): string =>
  `${log.code}'s ${command} (key ${key})`;

const isDone = ({ status }: Answered): boolean => status < 300;

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
        const different = new Set(answers.map(({ status, body }) => JSON.stringify([status, body])));
        if (different.size <= 1) return [];
        const refused = answers.filter(({ status }) => status === 422).length;
        if (bodies > 1 && different.size === 2 && refused > 0) return [];
        return [`key ${key} of ${log.code} got ${different.size} different answers`];
      });
    }),
);

const referenced = z.object({ reference: z.string() });
const published = z.object({ clinics: z.array(z.object({ id: z.string() })) });
const imported = z.object({ created: z.number(), updated: z.number() });
const walked = z.object({ items: z.array(z.object({ id: z.string(), changed: z.boolean() })) });

const partOf = (path: string, at: number): string => path.split("/")[at] ?? "";

/** The lines of the audit trail that an effect must have left: action and subject. */
const auditsOf = ({ asked, answer, log }: Effect, { facts }: Evidence): [action: string, subject: string][] => {
  const { command, path } = asked;
  const offer = () => facts.offers.find(({ id }) => id === partOf(path, 3))?.reference ?? "";
  const agreement = () => facts.agreements.find(({ id }) => id === partOf(path, 3))?.reference ?? "";
  switch (command) {
    case "post":
      return [["request.post", referenced.parse(answer).reference]];
    case "withdraw":
    case "amend":
      return [[`request.${command}`, partOf(path, 3)]];
    case "accept":
    case "decline":
    case "propose":
    case "extend":
      return [[`offer.${command}`, offer()]];
    case "cancel":
      return [["agreement.cancel", agreement()]];
    case "publish":
      return published.parse(answer).clinics.map(({ id }) => ["clinic.publish", id]);
    case "import": {
      const { created, updated } = imported.parse(answer);
      return created + updated > 0 ? [["clinic.import", log.code]] : [];
    }
    case "widen":
    case "nudge":
      return [[`broker.${command}`, partOf(path, 3)]];
    case "step": {
      const moved = walked.parse(answer).items.flatMap(({ id, changed }) => (changed ? [id] : []));
      const references = facts.agreements.flatMap(({ id, reference }) => (moved.includes(id) ? [reference] : []));
      return [...new Set(references)].map((reference) => ["agreement.step", reference]);
    }
    default:
      // What may find nothing to do (pausing what is paused, a slot that is gone already) leaves no line of its own.
      return [];
  }
};

const AUDITED = /^(?:request|offer|clinic\.(?:publish|import)|broker\.(?:widen|nudge)|agreement\.step)/;

const tally = (names: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
};

const expectedAudits = (evidence: Evidence): ReadonlyMap<string, number> =>
  tally(
    effectsOf(evidence).flatMap((effect) =>
      auditsOf(effect, evidence).map(([action, subject]) => `${action} ${subject} by ${effect.log.userId}`),
    ),
  );

const writtenAudits = ({ facts }: Evidence): ReadonlyMap<string, number> =>
  tally(facts.audit.flatMap(({ user, action, subject }) => (user === null ? [] : [`${action} ${subject} by ${user}`])));

/** Every effect has its line in the audit trail. */
export const auditIsComplete = rule(
  "audit-complete",
  "Every command that took effect stands in the audit trail, by whom and about what.",
  (evidence) => {
    const written = writtenAudits(evidence);
    return [...expectedAudits(evidence)].flatMap(([what, times]) =>
      (written.get(what) ?? 0) >= times
        ? []
        : [`${what}: ${times} took effect, ${written.get(what) ?? 0} are in the trail`],
    );
  },
);

/** O6: nothing took effect more often than it was asked for: the trail has no more lines than keys, and no request or clinic is without one. */
export const keyedOnce = rule("keyed-once", "Each keyed command took effect once (O6).", (evidence) => {
  const { facts, logs } = evidence;
  const users = new Set(logs.map(({ userId }) => userId));
  const expected = expectedAudits(evidence);
  const tooOften = [...writtenAudits(evidence)]
    .filter(([what]) => AUDITED.test(what) && users.has(what.split(" by ")[1] ?? ""))
    .flatMap(([what, times]) =>
      times <= (expected.get(what) ?? 0)
        ? []
        : [`${what}: took effect ${times} times for ${expected.get(what) ?? 0} keys`],
    );
  const effects = effectsOf(evidence);
  const posted = new Set(
    effects.flatMap(({ asked, answer }) => (asked.command === "post" ? [referenced.parse(answer).reference] : [])),
  );
  const clinics = new Set(
    effects.flatMap(({ asked, answer }) =>
      asked.command === "publish" ? published.parse(answer).clinics.map(({ id }) => id) : [],
    ),
  );
  return [
    ...tooOften,
    ...facts.requests.flatMap(({ reference }) =>
      posted.has(reference) ? [] : [`nobody's key stands for ${reference}`],
    ),
    ...facts.clinics.flatMap(({ id, source }) =>
      source !== "form" || clinics.has(id) ? [] : [`nobody's key stands for clinic ${id}`],
    ),
  ];
});
