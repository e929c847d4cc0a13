/** What two agreements must have in common to be swapped (rule H5). Instants. */
export interface Swappable {
  readonly id: string;
  readonly homeCode: string;
  readonly supportingCode: string;
  readonly siteId: string;
  readonly serviceCode: string;
  readonly minutes: number;
  readonly channel: string;
  readonly requires: readonly string[];
  readonly isLive: boolean;
  readonly step: string;
  readonly hasStarted: boolean;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly earliest: Date;
  readonly dueBy: Date;
}

const suits = (need: Swappable, time: Swappable): boolean =>
  need.earliest <= time.startsAt && time.endsAt <= need.dueBy;

/**
 * Why two agreements cannot be swapped, coded; empty when they can. Both must still be ahead, at one place for one home
 * practice, and alike in service, minutes, channel and requirements; each time must lie in the other need's window.
 */
export const whyNotSwapped = (a: Swappable, b: Swappable): string[] => {
  const checks: readonly (readonly [string, boolean])[] = [
    ["same-agreement", a.id !== b.id],
    ["ended", a.isLive && b.isLive],
    ["started", !a.hasStarted && !b.hasStarted],
    ["home", a.homeCode === b.homeCode],
    ["place", a.supportingCode === b.supportingCode && a.siteId === b.siteId],
    ["service", a.serviceCode === b.serviceCode],
    ["minutes", a.minutes === b.minutes],
    ["channel", a.channel === b.channel],
    ["requirements", [...a.requires].sort().join() === [...b.requires].sort().join()],
    ["window", suits(a, b) && suits(b, a)],
  ];
  return checks.filter(([, holds]) => !holds).map(([code]) => code);
};
