import { z } from "zod";
import { orderedRequirements, requirementListSchema } from "../services/index.ts";

/*
 * The words of cover requests, and what the API takes and answers. Every object is strict and every text is a code, a
 * reference or an instant: there is no place where somebody could write about a patient (rule P1).
 */

export const priorities = ["routine", "urgent", "asap"] as const;
export type Priority = (typeof priorities)[number];

/** Why a practice is short (P2): never a person or an illness. */
export const shortfallReasons = [
  "staff-absence",
  "planned-leave",
  "premises",
  "it-outage",
  "demand-surge",
  "stock",
  "other",
] as const;

export const channels = ["in-person", "telephone", "video", "home-visit"] as const;

export const needStates = ["open", "offered", "agreed", "told", "closed", "withdrawn", "sorted", "returned"] as const;
export type NeedState = (typeof needStates)[number];

/** How a need was met outside Covershare (R7). */
export const sortedCodes = ["kept-home", "community-nursing", "hub", "other-service"] as const;

/** Why a broker paused or resumed a request (F3). */
export const pauseCodes = ["practice-asked", "duplicate", "details-unclear", "safety", "resolved", "other"] as const;
/** Why a broker widened, nudged or assigned by hand (F3). */
export const brokerCodes = ["due-soon", "no-answer", "agreed-by-phone", "practice-asked", "safety", "other"] as const;

const priority = z.enum(priorities);
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const shownInstant = z.iso.datetime();
const code = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "Use a code such as wound-simple.")
  .max(40);
const organisationCode = z.string().regex(/^[A-Za-z0-9-]{2,20}$/, "Use an organisation code such as A81001.");
const requires = requirementListSchema.transform((codes): string[] => orderedRequirements(codes));
const count = z.int().min(1, "Ask for at least 1.").max(60, "A line has at most 60 needs.");
const minutes = z.int().min(5, "Use 5 to 120 minutes.").max(120, "Use 5 to 120 minutes.");
const maxKm = z.int().min(1, "Use 1 to 80 km.").max(80, "Use 1 to 80 km.");

const postedLine = z.strictObject({
  service: code,
  count,
  /** Default: the service's own. */
  minutes: minutes.optional(),
  /** Default: now. */
  earliest: instant.optional(),
  dueBy: instant,
  requires: requires.default([]),
  maxKm: maxKm.default(8),
  /** Default: the request's. */
  priority: priority.optional(),
  channel: z.enum(channels).default("in-person"),
  /** Needs of one person, by their number within the line: `[[1,2,3],[4,5]]`. Best kept at one place. */
  courses: z
    .array(z.array(z.int().min(1).max(60)).min(2).max(60))
    .max(30)
    .default([]),
});

export const postRequestBody = z.strictObject({
  priority: priority.default("routine"),
  reason: z.enum(shortfallReasons),
  /** Take firm slots at once: posting is the consent (O1). */
  takeFirm: z.boolean().default(true),
  /** The home practice, where a broker posts for it (R5). */
  onBehalfOf: organisationCode.optional(),
  needs: z.array(postedLine).min(1, "Say what is needed.").max(20, "A request has at most 20 lines."),
});
export type PostRequest = z.output<typeof postRequestBody>;
export type PostedLine = PostRequest["needs"][number];

const lineChange = z.strictObject({
  /** The line's number, from 1. */
  line: z.int().min(1).max(20),
  /** A nurse has looked at a dressing that nobody had checked (R5). */
  service: z.enum(["wound-simple", "wound-complex"]).optional(),
  count: count.optional(),
  minutes: minutes.optional(),
  earliest: instant.optional(),
  dueBy: instant.optional(),
  requires: requires.optional(),
  maxKm: maxKm.optional(),
  priority: priority.optional(),
});
export type LineChange = z.output<typeof lineChange>;

export const amendRequestBody = z
  .strictObject({
    takeFirm: z.boolean().optional(),
    lines: z
      .array(lineChange)
      .max(20)
      .default([])
      .refine((lines) => new Set(lines.map(({ line }) => line)).size === lines.length, "Name each line once."),
  })
  .refine(({ takeFirm, lines }) => takeFirm !== undefined || lines.length > 0, "Say what changes.");
export type AmendRequest = z.output<typeof amendRequestBody>;

export const needRef = z.string().regex(/^N\d{2,4}$/, "Use a need's reference such as N07.");
export const requestParams = z.strictObject({
  reference: z.string().regex(/^CR-[2-9A-HJ-NP-Z]{4,6}$/, "Use a reference such as CR-7F3K."),
});
export const needParams = requestParams.extend({ ref: needRef });

export const withdrawBody = z.strictObject({
  /** Default: every need that is not yet told or ended. */
  needs: z.array(needRef).min(1).max(1200).optional(),
});
export const sortedBody = z.strictObject({ as: z.enum(sortedCodes) });
export const noBody = z.strictObject({});
export const pauseBody = z.strictObject({ reason: z.enum(pauseCodes) });
export const widenBody = z.strictObject({ reason: z.enum(brokerCodes) });

export const listQuery = z.strictObject({
  /** open: something still has to happen. ended: nothing has. Default: both. */
  state: z.enum(["open", "ended"]).optional(),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
});
export type ListQuery = z.output<typeof listQuery>;

const whole = z.int().min(0);

/** The four counts of R8, then how the others ended. `unacknowledged` is the part of `returned` that nobody has confirmed (R7). */
export const countsView = z.strictObject({
  looking: whole,
  agreed: whole,
  booked: whole,
  told: whole,
  withdrawn: whole,
  sorted: whole,
  returned: whole,
  unacknowledged: whole,
});
export type Counts = z.output<typeof countsView>;

const lineView = z.strictObject({
  line: z.int().min(1),
  service: z.string(),
  channel: z.enum(channels),
  /** Needs still wanted or already given: all but withdrawn, sorted and returned ones. */
  count: whole,
  minutes: z.int(),
  earliest: shownInstant,
  dueBy: shownInstant,
  requires: z.array(z.string()),
  maxKm: z.int(),
  priority,
  /** How many practices the last plan did not ask, by reason (M6). */
  notAsked: z.record(z.string(), whole),
});

const agreementView = z.strictObject({
  id: z.uuid(),
  supportingCode: z.string(),
  supportingName: z.string(),
  startsAt: shownInstant,
  endsAt: shownInstant,
  step: z.string(),
});

const needView = z.strictObject({
  ref: needRef,
  line: z.int().min(1),
  service: z.string(),
  course: z.string().nullable(),
  state: z.enum(needStates),
  priority,
  ring: z.int(),
  endedAs: z.string().nullable(),
  endedAt: shownInstant.nullable(),
  acknowledgedAt: shownInstant.nullable(),
  agreement: agreementView.nullable(),
});

/** Offers made so far by state. Names are for brokers alone: who said no is nobody's league table (P4, O7). */
const askedView = z.strictObject({
  waiting: whole,
  accepted: whole,
  declined: whole,
  lapsed: whole,
  stoodDown: whole,
  /** How many practices those that wait are with. */
  waitingAt: whole,
  practices: z
    .array(z.strictObject({ code: z.string(), name: z.string(), state: z.string(), offers: whole }))
    .optional(),
});

export const requestView = z.strictObject({
  reference: z.string(),
  homeCode: z.string(),
  homeName: z.string(),
  priority,
  reason: z.enum(shortfallReasons),
  takeFirm: z.boolean(),
  postedAt: shownInstant,
  /** Who posted, and for which organisation they acted: home itself, or the federation on its behalf (R5). */
  postedBy: z.strictObject({ name: z.string(), organisationCode: z.string() }),
  pausedAt: shownInstant.nullable(),
  version: z.int(),
  counts: countsView,
  lines: z.array(lineView),
  needs: z.array(needView),
  asked: askedView,
  warnings: z.array(z.strictObject({ code: z.literal("similar-open-request"), reference: z.string() })),
});
export type RequestView = z.output<typeof requestView>;

export const requestSummary = z.strictObject({
  reference: z.string(),
  homeCode: z.string(),
  homeName: z.string(),
  priority,
  reason: z.enum(shortfallReasons),
  postedAt: shownInstant,
  isPaused: z.boolean(),
  /** The first due-by among needs still looked for; null where none is. */
  nextDueBy: shownInstant.nullable(),
  services: z.array(z.string()),
  counts: countsView,
});
export const requestPage = z.strictObject({ items: z.array(requestSummary), next: z.string().nullable() });
export type RequestPage = z.output<typeof requestPage>;
