import { priorities, type Priority } from "../requests/index.ts";
import { rings, type Asking, type Plan } from "./cover-plans.schema.ts";

const everywhere = (minutes: number): Asking["waits"] => ({ buddies: minutes, pcn: minutes, group: minutes });

/** What Covershare does by itself (A2 to A4): the same for every group and service until somebody changes it. */
export const defaultPlan: Plan = {
  routine: { waits: everywhere(240), breadth: 1, calls: 3 },
  urgent: { waits: everywhere(45), breadth: 2, calls: 3 },
  asap: { waits: everywhere(10), breadth: 3, calls: 6 },
};

/** Minutes to wait for an answer in a holiday rush; the README says what they came to in simulated ones. */
const RUSH_MINUTES = { routine: 45, urgent: 45, asap: 10 } as const satisfies Record<Priority, number>;

/** A plan with the waits for a rush; how many practices are asked stays as it is. */
export const inARush = ({ routine, urgent, asap }: Plan): Plan => ({
  routine: { ...routine, waits: everywhere(RUSH_MINUTES.routine) },
  urgent: { ...urgent, waits: everywhere(RUSH_MINUTES.urgent) },
  asap: { ...asap, waits: everywhere(RUSH_MINUTES.asap) },
});

/** The default with the waits for a rush. */
export const rushPlan: Plan = inARush(defaultPlan);

/** Whether a plan has these waits already. */
export const isInARush = (plan: Plan): boolean =>
  priorities.every((priority) => rings.every((ring) => plan[priority].waits[ring] === RUSH_MINUTES[priority]));

/** Which plan applies to a service: its own, else that of all services, else the default. */
export const planFor = (
  stored: readonly { readonly serviceCode: string | null; readonly plan: Plan | null }[],
  serviceCode: string | null,
): Plan =>
  stored.find((one) => one.serviceCode === serviceCode)?.plan ??
  stored.find((one) => one.serviceCode === null)?.plan ??
  defaultPlan;

/** Which wait applies while asking has widened to this ring: 1 buddies, 2 same PCN, 3 the sharing group. */
export const waitInRing = ({ waits }: Asking, ring: number): number => waits[rings[ring - 1] ?? "group"];

/** "45 minutes", "4 hours", "1½ hours": as a desk says it. */
export const speakMinutes = (minutes: number): string => {
  if (minutes % 30 !== 0 || minutes < 60) return `${minutes} minutes`;
  const hours = `${Math.floor(minutes / 60)}${minutes % 60 === 0 ? "" : "½"}`;
  return hours === "1" ? "1 hour" : `${hours} hours`;
};

const practices = (n: number): string => (n === 1 ? "1 practice" : `${n} practices`);

/** How needs of this priority are asked for, in sentences. */
export const speakAsking = (priority: Priority, { waits, breadth, calls }: Asking): string[] => {
  const [first] = rings;
  const isEven = rings.every((ring) => waits[ring] === waits[first]);
  const time = (minutes: number): string =>
    `${speakMinutes(minutes)}${priority === "asap" ? "" : " of your opening hours"}`;
  const widening = isEven
    ? `After each ${time(waits[first])} without an answer, more practices are asked.`
    : `Your buddy practices have ${time(waits.buddies)} before your PCN is asked too, your PCN ${time(waits.pcn)} before the sharing group is, and after each ${time(waits.group)} more of the group are.`;
  return [
    `Each ${breadth === 1 ? "waits" : "may wait"} with ${practices(breadth)} at once at first.`,
    widening,
    calls === 0
      ? "Practices that have published no times are not asked."
      : `Up to ${practices(calls)} that ${calls === 1 ? "has" : "have"} published no times ${calls === 1 ? "is" : "are"} asked as well, where no published time fits.`,
  ];
};
