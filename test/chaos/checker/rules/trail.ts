import { z } from "zod";
import { effectsOf, isForm, type Effect } from "../effects.ts";
import { rule, type Evidence } from "../evidence.ts";

/* The audit trail: every effect has its line, and there are no more lines than effects. */

const referenced = z.object({ reference: z.string() });
const published = z.object({ clinics: z.array(z.object({ id: z.string() })) });
const imported = z.object({ created: z.number(), updated: z.number() });
const walked = z.object({ items: z.array(z.object({ id: z.string(), changed: z.boolean() })) });

const manyOf = (value: unknown): string[] =>
  z
    .union([z.array(z.string()), z.string().transform((one) => [one])])
    .catch([])
    .parse(value);

/** Ids of agreements that a form or a body named. */
const named = z.looseObject({
  agreements: z.unknown().optional(),
  shown: z.unknown().optional(),
  needs: z.unknown().optional(),
  with: z.unknown().optional(),
  b: z.unknown().optional(),
});

/** A line of the audit trail: action and subject. */
type Line = readonly [action: string, subject: string];

/** The reference that a post was given; a form leads to its page. */
const postedAs = (answer: unknown): string =>
  typeof answer === "string" ? (answer.split("/").at(-1) ?? "") : referenced.parse(answer).reference;

const referencesOf = (ids: readonly string[], { facts }: Evidence): string[] => [
  ...new Set(facts.agreements.flatMap(({ id, reference }) => (ids.includes(id) ? [reference] : []))),
];

const offerOf = (offerId: string, { facts }: Evidence) => facts.offers.find(({ id }) => id === offerId);

/** What moved, by an answer that says so for each agreement. */
const movedBy = (answer: unknown): string[] =>
  walked.parse(answer).items.flatMap(({ id, changed }) => (changed ? [id] : []));

/** The lines that an effect must have left. */
const auditsOf = ({ asked, answer, log }: Effect, evidence: Evidence): Line[] => {
  const { command, about, body } = asked;
  switch (command) {
    case "post":
      return [["request.post", postedAs(answer)]];
    case "withdraw":
    case "amend":
      return [[`request.${command}`, about]];
    case "sorted":
      return Array.from({ length: isForm([asked]) ? manyOf(named.parse(body).needs).length : 1 }, (): Line => [
        "need.sorted",
        about,
      ]);
    case "accept":
    case "decline":
    case "extend":
      return [[`offer.${command}`, offerOf(about, evidence)?.reference ?? ""]];
    case "propose": {
      const { kind, reference = "" } = offerOf(about, evidence) ?? {};
      // Times that answer a call are agreed at once (A4).
      return [[kind === "call" ? "offer.accept" : "offer.propose", reference]];
    }
    case "cancel":
    case "patient-no":
      return referencesOf([about], evidence).map((reference) => ["agreement.cancel", reference]);
    case "swap": {
      const { with: by, b = by } = named.parse(body);
      return referencesOf([about, ...manyOf(b)], evidence).map((reference) => ["agreement.swap", reference]);
    }
    case "publish":
      return published.parse(answer).clinics.map(({ id }) => ["clinic.publish", id]);
    case "import": {
      const { created, updated } = imported.parse(answer);
      return created + updated > 0 ? [["clinic.import", log.code]] : [];
    }
    case "widen":
    case "nudge":
    case "assign":
      return [[`broker.${command}`, about]];
    case "step":
    case "undo":
      return isForm([asked])
        ? []
        : referencesOf(movedBy(answer), evidence).map((reference) => [WALKED[command], reference]);
    default:
      // What may find nothing to do (pausing what is paused, a slot that is gone already) leaves no line of its own.
      return [];
  }
};

const WALKED = { step: "agreement.step", undo: "agreement.unstep" } as const;

/** The lines that an effect may have left: a form says where it led to, and not which of its agreements moved. */
const mayAudit = ({ asked }: Effect, evidence: Evidence): Line[] => {
  const { command, body } = asked;
  if (!isForm([asked]) || (command !== "step" && command !== "undo")) return [];
  const { agreements, shown } = named.parse(body);
  return referencesOf([...manyOf(agreements), ...manyOf(shown)], evidence).map((reference) => [
    WALKED[command],
    reference,
  ]);
};

const AUDITED =
  /^(?:request|offer|clinic\.(?:publish|import)|broker\.(?:widen|nudge|assign)|agreement\.(?:step|unstep|swap)|need\.sorted)/;

const tally = (names: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
};

const linesBy = (
  evidence: Evidence,
  linesOf: (effect: Effect, evidence: Evidence) => readonly Line[],
): ReadonlyMap<string, number> =>
  tally(
    effectsOf(evidence).flatMap((effect) =>
      linesOf(effect, evidence).map(([action, subject]) => `${action} ${subject} by ${effect.log.userId}`),
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
    return [...linesBy(evidence, auditsOf)].flatMap(([what, times]) =>
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
  const expected = linesBy(evidence, (effect, of) => [...auditsOf(effect, of), ...mayAudit(effect, of)]);
  const tooOften = [...writtenAudits(evidence)]
    .filter(([what]) => AUDITED.test(what) && users.has(what.split(" by ")[1] ?? ""))
    .flatMap(([what, times]) =>
      times <= (expected.get(what) ?? 0)
        ? []
        : [`${what}: took effect ${times} times for ${expected.get(what) ?? 0} keys`],
    );
  const effects = effectsOf(evidence);
  const posted = new Set(effects.flatMap(({ asked, answer }) => (asked.command === "post" ? [postedAs(answer)] : [])));
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
