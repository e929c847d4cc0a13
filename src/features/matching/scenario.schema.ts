import { z } from "zod";
import { DomainError } from "../../platform/errors/domain-error.ts";
import type { Plan, Problem } from "./solver/index.ts";

/*
 * The file that `covershare match` reads: version 1 of the scenario format in the matching design. Unknown keys are
 * ignored, so that a file may carry notes.
 */

const id = z.string().min(1);
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const priority = z.enum(["asap", "urgent", "routine"]);
const minutes = z.number().int().positive();

const practice = z.object({
  id,
  lat: z.number().min(-90).max(90),
  lon: z.number().min(-180).max(180),
  pcn: z
    .string()
    .nullish()
    .transform((value) => value ?? null),
  federation: z.string(),
  listSize: z
    .number()
    .nonnegative()
    .nullish()
    .transform((value) => value ?? null),
  balanceMinutes: z.number().default(0),
  accepting: z.boolean(),
  dailyCap: z
    .number()
    .int()
    .nonnegative()
    .nullish()
    .transform((value) => value ?? null),
  provides: z.array(z.string()).default([]),
});

const clinic = z.object({
  id,
  practice: id,
  services: z.array(z.string()),
  channel: z.string().default("in-person"),
  provides: z.array(z.string()).default([]),
  pledge: z.enum(["firm", "ask"]).optional(),
  slotMinutes: minutes,
  slots: z.array(z.object({ id, start: instant })),
});

const need = z.object({
  id,
  service: z.string(),
  minutes,
  earliest: instant,
  dueBy: instant,
  requires: z.array(z.string()).default([]),
  maxKm: z.number().nonnegative(),
  priority: priority.nullish(),
  course: z.string().nullish(),
  channel: z.string().nullish(),
});

const request = z.object({ id, practice: id, priority, needs: z.array(need) });
const pair = z.tuple([id, id]);
const usedDay = /^(?<host>.+)\|\d{4}-\d{2}-\d{2}$/u;

/** Shapes only; how the parts name one another is checked by `parseScenario`. */
export const scenarioSchema = z.object({
  version: z.literal(1),
  name: z.string().default(""),
  now: instant,
  practices: z.array(practice),
  clinics: z.array(clinic),
  requests: z.array(request),
  excluded: z.array(pair).default([]),
  usedByDay: z.record(z.string(), z.number().int().nonnegative()).default({}),
  paidHosts: z.array(pair).default([]),
});
type ScenarioFile = z.output<typeof scenarioSchema>;

interface FieldMessage {
  readonly pointer: string;
  readonly message: string;
}

const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** Ids that are given twice or that name nothing, and windows that end before they begin (R1). */
const crossChecks = (file: ScenarioFile): FieldMessage[] => {
  const problems: FieldMessage[] = [];
  const once = (what: string, entries: readonly (readonly [pointer: string, id: string])[]): void => {
    const seen = new Set<string>();
    for (const [pointer, value] of entries) {
      if (seen.has(value)) problems.push({ pointer, message: `the ${what} "${value}" is there twice.` });
      seen.add(value);
    }
  };
  const ids = {
    practice: new Set(file.practices.map((entry) => entry.id)),
    request: new Set(file.requests.map((entry) => entry.id)),
    need: new Set(file.requests.flatMap(({ needs }) => needs.map((entry) => entry.id))),
  };
  const known = (pointer: string, value: string, what: keyof typeof ids = "practice"): void => {
    if (!ids[what].has(value)) problems.push({ pointer, message: `there is no ${what} "${value}" in this file.` });
  };
  once(
    "practice",
    file.practices.map((entry, at) => [`/practices/${at}/id`, entry.id]),
  );
  once(
    "clinic",
    file.clinics.map((entry, at) => [`/clinics/${at}/id`, entry.id]),
  );
  once(
    "request",
    file.requests.map((entry, at) => [`/requests/${at}/id`, entry.id]),
  );
  once(
    "slot",
    file.clinics.flatMap(({ slots }, at) =>
      slots.map((slot, slotAt): [string, string] => [`/clinics/${at}/slots/${slotAt}/id`, slot.id]),
    ),
  );
  once(
    "need",
    file.requests.flatMap(({ needs }, at) =>
      needs.map((entry, needAt): [string, string] => [`/requests/${at}/needs/${needAt}/id`, entry.id]),
    ),
  );
  for (const [at, entry] of file.clinics.entries()) known(`/clinics/${at}/practice`, entry.practice);
  for (const [at, entry] of file.requests.entries()) known(`/requests/${at}/practice`, entry.practice);
  for (const [at, { needs }] of file.requests.entries()) {
    for (const [needAt, { earliest, dueBy }] of needs.entries()) {
      if (dueBy > earliest) continue;
      problems.push({ pointer: `/requests/${at}/needs/${needAt}/dueBy`, message: "it must be later than earliest." });
    }
  }
  for (const [at, [entry, host]] of file.excluded.entries()) {
    known(`/excluded/${at}/0`, entry, "need");
    known(`/excluded/${at}/1`, host);
  }
  for (const [at, [entry, host]] of file.paidHosts.entries()) {
    known(`/paidHosts/${at}/0`, entry, "request");
    known(`/paidHosts/${at}/1`, host);
  }
  for (const key of Object.keys(file.usedByDay)) {
    const pointer = pointerOf(["usedByDay", key]);
    const host = usedDay.exec(key)?.groups?.["host"];
    if (host === undefined) problems.push({ pointer, message: 'a key is "practice|YYYY-MM-DD".' });
    else known(pointer, host);
  }
  return problems;
};

const refuse = (problems: readonly FieldMessage[]): never => {
  const shown = problems.slice(0, 10).map(({ pointer, message }) => `  ${pointer === "" ? "/" : pointer}: ${message}`);
  const more = problems.length > shown.length ? [`  and ${problems.length - shown.length} more`] : [];
  throw new DomainError("invalid", "bad-scenario", ["This is not a scenario:", ...shown, ...more].join("\n"), {
    fields: problems,
  });
};

/**
 * Checks a parsed JSON document and turns it into the solver's problem.
 * @throws DomainError `bad-scenario`, listing each problem with its JSON Pointer.
 */
export const parseScenario = (json: unknown): Problem => {
  const parsed = scenarioSchema.safeParse(json);
  if (!parsed.success) {
    return refuse(parsed.error.issues.map(({ path, message }) => ({ pointer: pointerOf(path), message })));
  }
  const problems = crossChecks(parsed.data);
  if (problems.length > 0) return refuse(problems);
  const { now, practices, clinics, requests, excluded, usedByDay, paidHosts } = parsed.data;
  return {
    now,
    practices,
    clinics,
    requests: requests.map((entry) => ({
      ...entry,
      needs: entry.needs.map(({ priority: own, course, channel, ...rest }) => ({
        ...rest,
        ...(own === null || own === undefined ? {} : { priority: own }),
        ...(course === null || course === undefined ? {} : { course }),
        ...(channel === null || channel === undefined ? {} : { channel }),
      })),
    })),
    excluded,
    usedByDay,
    paidHosts,
  };
};

/** A plan in the words of the scenario's answer. Points are rounded to a thousandth. */
export const toAnswer = (plan: Plan) => ({
  assignments: plan.assignments.map(({ needId, slotIds }) => ({ need: needId, slots: slotIds })),
  unassigned: plan.unassigned.map(({ needId, reasons }) => ({ need: needId, reasons })),
  weight: plan.weight,
  covered: plan.covered,
  cost: Math.round(plan.cost * 1000) / 1000,
  score: Math.round(plan.score * 1000) / 1000,
  solveMs: plan.solveMs ?? 0,
  truncated: plan.truncated,
});
