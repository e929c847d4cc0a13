import { speakInstant } from "../calendar/index.ts";
import { REASON_CODES, type ReasonCode } from "./solver/index.ts";

/** What decides whether a clinic is offered. Own facts, and counts of needs: nothing about any other practice (P3). */
export interface ClinicStanding {
  readonly isWithdrawn: boolean;
  readonly isOver: boolean;
  readonly isSigned: boolean;
  readonly isAccepting: boolean;
  /** Why it is not asked although the switch is on: its own word, or a broker's. */
  readonly heldBack?: "pressed" | "paused" | undefined;
  readonly isDeskFull: boolean;
  /** When the desk opens next; undefined while it is open. */
  readonly opensAt: Date | undefined;
  /** Firm, and not confirmed for today (C5). */
  readonly isUnconfirmed: boolean;
  readonly slots: { readonly free: number; readonly held: number; readonly busy: number };
  /** Needs of other practices for its services that are put to somebody already. */
  readonly elsewhere: number;
  /** Needs that nobody is asked for: how many keep every rule here, and how many fail at which rule first. */
  readonly fitting: number;
  readonly failing: ReadonlyMap<ReasonCode, number>;
}

export interface Finding {
  readonly code: string;
  /** Needs it is about, where it is about needs. */
  readonly count: number | null;
  readonly words: string;
}

const needs = (n: number): string => (n === 1 ? "1 appointment" : `${n} appointments`);

/** What keeps a need from one clinic, said to whoever published it; [one, many]. */
const FAILING: Readonly<Record<ReasonCode, readonly [string, string]>> = {
  "not-signed": ["is of a practice under another agreement", "are of practices under another agreement"],
  "own-practice": ["is your own", "are your own"],
  "not-accepting": ["waits until you switch being asked on", "wait until you switch being asked on"],
  excluded: [
    "is one you said no to, did not answer in time, or that does not suit the patient",
    "are ones you said no to, did not answer in time, or that do not suit the patients",
  ],
  "not-yet-ring": ["is put to nearer practices or open desks first", "are put to nearer practices or open desks first"],
  service: ["is for another service", "are for another service"],
  window: [
    "is for other days or times than are still free here",
    "are for other days or times than are still free here",
  ],
  duration: ["takes longer than the free times here in one piece", "take longer than the free times here in one piece"],
  channel: ["is to be seen in another way", "are to be seen in another way"],
  requirement: [
    "needs something that neither your practice nor this clinic lists, such as step-free access",
    "need something that neither your practice nor this clinic lists, such as step-free access",
  ],
  distance: ["is too far from you for the patient", "are too far from you for the patients"],
  "daily-cap": ["is more than the number you set for a day", "are more than the number you set for a day"],
  "desk-full": [
    "waits until your desk has answered some of its questions",
    "wait until your desk has answered some of its questions",
  ],
  held: [
    "would fit only times that are held for others just now",
    "would fit only times that are held for others just now",
  ],
};

const finding = (code: string, words: string, count: number | null = null): Finding => ({ code, count, words });

/** Facts that alone keep the whole clinic from being offered, the most decisive first. */
const blockers = (standing: ClinicStanding): Finding[] => {
  const { slots } = standing;
  if (standing.isWithdrawn) return [finding("withdrawn", "This clinic is withdrawn.")];
  if (standing.isOver) return [finding("over", "This clinic has started or passed.")];
  if (!standing.isSigned)
    return [finding("not-signed", "Your practice has not signed the sharing agreement, or it has lapsed.")];
  if (standing.heldBack === "pressed")
    return [
      finding("under-pressure", "Your practice has said that it is under pressure (OPEL 3 or 4), so nobody asks it."),
    ];
  if (standing.heldBack === "paused")
    return [finding("paused", "The federation has paused your practice. Ring it if that is over.")];
  if (!standing.isAccepting)
    return [finding("switched-off", "Being asked is switched off for your practice. Switch it on in the settings.")];
  if (slots.free > 0) return [];
  const parts = [
    ...(slots.busy > 0 ? [`${slots.busy} given`] : []),
    ...(slots.held > 0 ? [`${slots.held} held while a request waits`] : []),
  ];
  return [
    parts.length === 0
      ? finding("all-gone", "No time of this clinic is left.")
      : finding("all-taken", `No time is free: ${parts.join(", ")}.`),
  ];
};

const cautions = (standing: ClinicStanding): Finding[] => [
  ...(standing.isUnconfirmed
    ? [
        finding(
          "unconfirmed",
          "Firm times are not confirmed today, so you are asked first. Confirm them with one click.",
        ),
      ]
    : []),
  ...(standing.isDeskFull
    ? [finding("desk-full", "Your desk has 8 questions waiting. Nothing more is put to you until some are answered.")]
    : []),
  ...(standing.opensAt === undefined
    ? []
    : [finding("closed", `Your desk is closed. You can be asked again from ${speakInstant(standing.opensAt)}.`)]),
];

/** Whether a clinic is being offered, or could be, and if not why, in words (rule M6). */
export const clinicFindings = (standing: ClinicStanding): Finding[] => {
  const stop = blockers(standing);
  if (stop.length > 0) return stop;
  const { slots, fitting, failing, elsewhere } = standing;
  const failed = REASON_CODES.flatMap((code) => {
    const count = failing.get(code) ?? 0;
    return count === 0 ? [] : [finding(code, `${needs(count)} ${FAILING[code][count === 1 ? 0 : 1]}.`, count)];
  }).toSorted((a, b) => (b.count ?? 0) - (a.count ?? 0));
  const nobodyLooks = fitting === 0 && failed.length === 0 && elsewhere === 0;
  return [
    ...(slots.held > 0
      ? [finding("being-offered", `${slots.held} of its times ${slots.held === 1 ? "is" : "are"} being offered now.`)]
      : []),
    ...cautions(standing),
    ...(nobodyLooks ? [finding("nobody-looking", "Nobody in your group is looking for this just now.", 0)] : []),
    ...(fitting > 0
      ? [finding("next", `${needs(fitting)} would fit here: the next plan, within seconds, decides.`, fitting)]
      : []),
    ...(elsewhere > 0
      ? [
          finding(
            "elsewhere",
            `${needs(elsewhere)} ${elsewhere === 1 ? "is" : "are"} with practices that suit better, and not answered yet.`,
            elsewhere,
          ),
        ]
      : []),
    ...failed,
  ];
};
