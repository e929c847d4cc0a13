import { speakInstant } from "../calendar/index.ts";
import { requirementNames, requirements } from "../services/index.ts";
import { notAskedWords } from "./not-asked.rules.ts";
import type { RequestView } from "./requests.schema.ts";

type NeedView = RequestView["needs"][number];

const STEPS: Readonly<Record<string, string>> = {
  agreed: "Agreed",
  blocked: "Time blocked there",
  passed: "Details sent",
  booked: "Booked",
  told: "Patient told",
  attended: "Seen",
  dna: "Did not attend",
  "not-done": "Not done",
};

const STATES: Readonly<Record<NeedView["state"], string>> = {
  open: "Looking",
  offered: "Asked, waiting for an answer",
  agreed: "Agreed",
  told: "Patient told",
  closed: "Finished",
  withdrawn: "Not needed after all",
  sorted: "Sorted another way",
  returned: "Came back uncovered",
};

/** How a need was met outside Covershare, as the form says it and as the page shows it. */
export const sortedChoices = [
  { value: "kept-home", text: "Kept at home" },
  { value: "community-nursing", text: "Community nursing" },
  { value: "hub", text: "A hub" },
  { value: "other-service", text: "Another service" },
] as const;

const endedWords = (need: NeedView): string => {
  const sorted = sortedChoices.find(({ value }) => value === need.endedAs);
  return need.state === "sorted" && sorted !== undefined ? `Sorted: ${sorted.text}` : STATES[need.state];
};

const PRIORITY = { asap: "As soon as possible", urgent: "Urgent", routine: "Routine" } as const;
export const speakPriority = (priority: RequestView["priority"]): string => PRIORITY[priority];

const isRequirement = (code: string): code is (typeof requirements)[number] =>
  requirements.some((each) => each === code);
const requirementName = (code: string): string => (isRequirement(code) ? requirementNames[code] : code);

const CHANNELS: Readonly<Record<string, string>> = {
  telephone: "By telephone",
  video: "By video",
  "home-visit": "Home visit",
};

/** What must not be lost on paper: what is needed, how the patient is seen, who belongs together. No identity (P1). */
const flagsOf = (need: NeedView, line: RequestView["lines"][number] | undefined): string[] =>
  [
    ...(line?.requires ?? []).map(requirementName),
    ...(line === undefined ? [] : [CHANNELS[line.channel] ?? ""]),
    ...(need.course === null ? [] : [`Same person: ${need.course}`]),
  ].filter((flag) => flag !== "");

/** km as stored, miles as said: one decimal below ten. */
export const speakMiles = (km: number): string => {
  const miles = km * 0.621371;
  const said = miles < 9.95 ? Math.round(miles * 10) / 10 : Math.round(miles);
  return `${said} ${said === 1 ? "mile" : "miles"}`;
};

const ASKED: Readonly<Record<string, string>> = {
  waiting: "still to answer",
  accepted: "accepted",
  "part-accepted": "accepted in part",
  declined: "said no",
  lapsed: "did not answer in time",
  "stood-down": "no longer needed",
};

/** A line a practice, with what became of each question: brokers only (P3). */
const presentAsked = (asked: RequestView["asked"]["practices"]) => {
  if (asked === undefined) return undefined;
  const said = new Map<string, { name: string; says: string[] }>();
  for (const { code, name, state, offers } of asked) {
    const words = `${ASKED[state] ?? state}${offers > 1 ? ` (${offers})` : ""}`;
    const practice = said.get(code) ?? { name, says: [] };
    practice.says.push(words);
    said.set(code, practice);
  }
  return [...said.values()].map(({ name, says }) => ({ name, says: says.join(", ") }));
};

/** The request as its page shows it: words instead of codes, London times instead of instants. */
export const presentRequest = (request: RequestView, serviceName: (code: string) => string) => {
  const needs = request.needs.map((need) => ({
    ref: need.ref,
    line: need.line,
    service: serviceName(need.service),
    state: need.state,
    words: need.agreement === null ? endedWords(need) : (STEPS[need.agreement.step] ?? need.agreement.step),
    isTold: need.state === "told" || need.state === "closed",
    isOpen: ["open", "offered", "agreed"].includes(need.state),
    isUnacknowledged: need.state === "returned" && need.acknowledgedAt === null,
    course: need.course,
    flags: flagsOf(
      need,
      request.lines.find(({ line }) => line === need.line),
    ),
    /** Boxes for paper: home's own steps (H1). */
    boxes:
      need.agreement === null
        ? []
        : [
            { text: "Sent", isDone: !["agreed", "blocked"].includes(need.agreement.step) },
            { text: "Told", isDone: !["agreed", "blocked", "passed", "booked"].includes(need.agreement.step) },
          ],
    when: need.agreement === null ? undefined : speakInstant(new Date(need.agreement.startsAt)),
    startsAt: need.agreement?.startsAt ?? "",
    where: need.agreement?.supportingName,
    agreementId: need.agreement?.id,
  }));
  const lines = request.lines.map((line) => ({
    line: line.line,
    count: line.count,
    service: serviceName(line.service),
    isUnsorted: line.service === "wound-unassessed",
    minutes: line.minutes,
    by: speakInstant(new Date(line.dueBy)),
    dueBy: line.dueBy,
    maxKm: String(line.maxKm),
    miles: speakMiles(line.maxKm),
    requires: line.requires.map(requirementName),
    priority: speakPriority(line.priority),
    notAsked: Object.entries(line.notAsked)
      .filter(([reason]) => reason !== "own-practice")
      .map(([reason, count]) => ({ count, words: notAskedWords(reason, count) })),
  }));
  return {
    reference: request.reference,
    homeName: request.homeName,
    homeCode: request.homeCode,
    version: request.version,
    postedAt: speakInstant(new Date(request.postedAt)),
    postedBy: request.postedBy.name,
    isPaused: request.pausedAt !== null,
    takeFirm: request.takeFirm,
    counts: request.counts,
    total: request.needs.length,
    asked: { ...request.asked, practices: presentAsked(request.asked.practices) },
    lines,
    needs,
    given: needs.filter(({ when }) => when !== undefined).toSorted((a, b) => a.startsAt.localeCompare(b.startsAt)),
    looking: needs.filter(({ state }) => state === "open" || state === "offered"),
    ended: needs.filter(({ state }) => ["withdrawn", "sorted", "returned"].includes(state)),
    returned: needs.filter(({ isUnacknowledged }) => isUnacknowledged),
    changeable: needs.filter(({ isOpen }) => isOpen),
  };
};
export type ShownRequest = ReturnType<typeof presentRequest>;

/** For Teams or email: plain text, references and counts only, nothing about a patient (P1). */
export const plainText = (shown: ShownRequest): string =>
  [
    `${shown.reference}, ${shown.homeName}`,
    ...shown.lines.map(({ count, service, minutes, by }) => `${count} × ${service}, ${minutes} min, by ${by}`),
    `Looking ${shown.counts.looking}, agreed ${shown.counts.agreed}, booked ${shown.counts.booked}, told ${shown.counts.told}`,
    ...shown.given.map(({ ref, when = "", where = "", words }) => `${ref}: ${when}, ${where} (${words})`),
  ].join("\n");
