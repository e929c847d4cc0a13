import { londonDate, londonTime, speakInstant } from "../calendar/index.ts";
import { judgeUndo, nextSteps, outcomes, type Side, type WalkedStep } from "./handover.rules.ts";
import { owedSteps, waitingSteps } from "./late.rules.ts";
import { speakStep, stepWords } from "./step.words.ts";
import type { WorkRow } from "./work.repository.ts";

/** Who looks, and when. */
export interface Viewer {
  readonly code: string;
  readonly isBroker: boolean;
  readonly now: Date;
  readonly nameOf: (service: string) => string;
}

export const sideFor = ({ code, isBroker }: Viewer, row: WorkRow): Side | undefined =>
  row.homeCode === code ? "home" : row.supportingCode === code ? "supporting" : isBroker ? "broker" : undefined;

const isOutcome = (step: WalkedStep): boolean => outcomes.some((outcome) => outcome === step);

/** In the order in which a desk works: what frees others to go on comes first, what is over last. */
const GROUPS = ["told", "booked", "blocked", "passed", "attended"] as const satisfies readonly WalkedStep[];

const presentItem = (row: WorkRow, side: Side, { nameOf }: Viewer) => ({
  id: row.id,
  reference: row.reference,
  ref: row.ref,
  course: row.course,
  service: nameOf(row.service),
  when: speakInstant(row.startsAt),
  who: side === "supporting" ? row.homeName : row.supportingName,
  state: speakStep(row.step),
});

const isLateFor = (row: WorkRow, step: WalkedStep): boolean => {
  const waiting = waitingSteps.find((each) => each === row.step);
  if (waiting === undefined) return false;
  if (step === "passed" && row.isWarned) return true;
  const { owes } = owedSteps[row.hasStarted ? "told" : waiting];
  return row.isLate && (owes === step || (owes === "outcome" && isOutcome(step)));
};

type Item = ReturnType<typeof presentItem>;

export interface WorkGroup {
  readonly step: WalkedStep;
  readonly title: string;
  readonly hint: string;
  readonly buttons: readonly {
    readonly value: string;
    readonly text: string;
    readonly isMain: boolean;
    readonly isTicked: boolean;
  }[];
  readonly items: readonly (Item & {
    readonly isLate: boolean;
    readonly isUntold: boolean;
    readonly goesBack: string | undefined;
  })[];
  /** Some of what is late may still get more time (H4). */
  readonly canExtend: boolean;
  /** What to prepare, of each service on the list (H2). */
  readonly prepare: readonly { readonly service: string; readonly items: readonly string[] }[];
}

const buttonsFor = (step: WalkedStep, count: number): WorkGroup["buttons"] => {
  const one = count === 1;
  const words = stepWords[step];
  const main = { value: `${step}/all`, text: one ? words.one : words.all(count), isMain: true, isTicked: false };
  const ticked = (value: string, text: string) => ({ value, text, isMain: false, isTicked: !one });
  if (step === "attended") {
    const which = one ? "all" : "ticked";
    const some = one ? "" : "Ticked: ";
    const say = (text: string): string => (one ? text : some + text.charAt(0).toLowerCase() + text.slice(1));
    return [
      main,
      ...(one ? [] : [ticked("attended/ticked", say("Seen"))]),
      ticked(`dna/${which}`, say("Did not attend")),
      ticked(`not-done/${which}`, say("Not done, still needed")),
      ticked(`not-done/${which}/no`, say("Not done, not needed")),
    ];
  }
  return one ? [main] : [main, ticked(`${step}/ticked`, words.ticked)];
};

const prepareFor = (rows: readonly WorkRow[], nameOf: Viewer["nameOf"]): WorkGroup["prepare"] =>
  [...new Map(rows.map((row) => [row.service, row.checklist]))]
    .filter(([, items]) => items.length > 0)
    .map(([service, items]) => ({ service: nameOf(service), items }));

/** Which others have to go on first, so that nobody wonders what keeps an appointment: "Elm Tree Practice: book 3". */
const others = (rows: readonly { row: WorkRow; side: Side }[]) => {
  const found = new Map<string, { who: string; step: string; count: number; isLate: boolean }>();
  for (const { row, side } of rows) {
    const waiting = waitingSteps.find((each) => each === row.step);
    if (waiting === undefined || (waiting === "told" && !row.hasStarted)) continue;
    const { owner, owes } = owedSteps[row.hasStarted ? "told" : waiting];
    if (side === "broker" || side === owner) continue;
    const who = owner === "home" ? row.homeName : row.supportingName;
    const known = found.get(`${who} ${owes}`);
    found.set(`${who} ${owes}`, {
      who,
      step: owes,
      count: (known?.count ?? 0) + 1,
      isLate: (known?.isLate ?? false) || row.isLate || (owes === "passed" && row.isWarned),
    });
  }
  const DOING: Readonly<Record<string, string>> = {
    blocked: "to block the time",
    passed: "to send the details",
    booked: "to book the patient in",
    told: "to tell the patient",
    outcome: "to say how it went",
  };
  return [...found.values()].map((one) => ({ ...one, doing: DOING[one.step] ?? one.step }));
};

export interface Work {
  readonly groups: readonly WorkGroup[];
  readonly others: ReturnType<typeof others>;
  /** Ticked today by this side: a slip of the hand may be taken back. */
  readonly ticked: readonly Item[];
}

/** What is to be done next, grouped by step, for whoever looks; late ones first. Pure. */
export const presentWork = (found: readonly WorkRow[], viewer: Viewer): Work => {
  const rows = found.flatMap((row) => {
    const side = sideFor(viewer, row);
    if (side === undefined) return [];
    // Once the time has come, only how it went is of use; whatever was not ticked before is behind.
    return [{ row, side, next: nextSteps(row, side).filter((step) => !row.hasStarted || isOutcome(step)) }];
  });
  const groups = GROUPS.flatMap((step): WorkGroup[] => {
    const due = rows.filter(({ next }) => next.includes(step));
    if (due.length === 0) return [];
    const { title, hint } = stepWords[step];
    const items = due.map(({ row, side }) => ({
      ...presentItem(row, side, viewer),
      isLate: isLateFor(row, step),
      /** Its time has come, and nobody ticked that the patient was told: ask before saying that she was seen. */
      isUntold: isOutcome(step) && row.step !== "told",
      goesBack:
        step === "passed" && row.releaseAt !== null
          ? londonDate(row.releaseAt) === londonDate(viewer.now)
            ? `at ${londonTime(row.releaseAt)} today`
            : speakInstant(row.releaseAt)
          : undefined,
    }));
    return [
      {
        step,
        title,
        hint,
        buttons: buttonsFor(step, items.length),
        canExtend: step === "passed" && due.some(({ row }) => row.canExtend && row.isWarned),
        items: items.toSorted((a, b) => Number(b.isLate) - Number(a.isLate)),
        prepare:
          step === "passed"
            ? prepareFor(
                due.map(({ row }) => row),
                viewer.nameOf,
              )
            : [],
      },
    ];
  });
  const ticked = rows.filter(({ row, side }) => {
    const last = row.last === null ? undefined : { step: row.last.step, at: new Date(row.last.at) };
    return side !== "broker" && judgeUndo(row, last, side, viewer.now) === "go";
  });
  return { groups, others: others(rows), ticked: ticked.map(({ row, side }) => presentItem(row, side, viewer)) };
};
