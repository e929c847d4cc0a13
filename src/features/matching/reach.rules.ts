import { isOpenAt, nextOpening } from "../calendar/index.ts";
import { DESK_FULL, LAST_RING } from "./asking.rules.ts";
import type { Member, PlannedClinic, SeekingNeed, Snapshot } from "./snapshot.ts";
import { kmBetween, type ProblemPractice } from "./solver/index.ts";

/** Somewhere that is near to nobody: an organisation without coordinates is never within reach. */
const NOWHERE = { lat: 0, lon: -160 };

/** A member as the solver sees it. One that has not signed is in a sharing group of its own. */
export const practiceOf = (member: Member, groupCode: string): ProblemPractice => ({
  id: member.code,
  lat: member.lat ?? NOWHERE.lat,
  lon: member.lon ?? NOWHERE.lon,
  pcn: member.pcn,
  federation: member.isSigned ? groupCode : `unsigned ${member.code}`,
  listSize: member.listSize,
  balanceMinutes: member.balanceMinutes,
  accepting: member.isAccepting,
  dailyCap: member.dailyCap,
  provides: member.provides,
  deskFull: member.waiting >= DESK_FULL,
});

/** In which ring `host` lies for `home` (A3): 1 buddies, 2 same PCN, 3 the sharing group. */
export const ringOf = (home: Member, host: Member): number =>
  home.buddies.includes(host.code) ? 1 : home.pcn !== null && home.pcn === host.pcn ? 2 : LAST_RING;

const isDeskOpen = ({ atAnyHour, now }: Snapshot, host: Member): boolean =>
  atAnyHour === true || isOpenAt(host.hours, now);

/** Nobody is asked outside its opening hours except for asap (A6). */
export const mayBeAskedNow = (snapshot: Snapshot, need: SeekingNeed, host: Member): boolean =>
  need.priority === "asap" || isDeskOpen(snapshot, host);

/** What a plan looks up again and again. */
export interface Reach {
  /** Codes of the practices that this need may be put to in its ring, now. */
  within(need: SeekingNeed, ring: number): string[];
  /** Practices that could be called for this need in its ring (A4), whatever they have published. */
  callable(need: SeekingNeed, ring: number): Member[];
  km(need: SeekingNeed, host: Member): number;
  /** When the first practice opens that is closed now and lies in the need's reach; undefined if none is closed. */
  opensNext(need: SeekingNeed): Date | undefined;
}

export const reachOf = (snapshot: Snapshot): Reach => {
  const { now, members, groupCode } = snapshot;
  const practices = new Map([...members.values()].map((member) => [member.code, practiceOf(member, groupCode)]));
  const open = new Map([...members.values()].map((member) => [member.code, isDeskOpen(snapshot, member)]));
  const hasFirm = new Set(snapshot.clinics.filter((clinic) => clinic.isFirm).map((clinic) => clinic.organisationCode));
  const excluded = new Set(snapshot.excluded.map(([need, host]) => `${need} ${host}`));
  const distances = new Map<string, number>();
  const km = (need: SeekingNeed, host: Member): number => {
    const key = `${need.homeCode} ${host.code}`;
    const known = distances.get(key);
    if (known !== undefined) return known;
    const [from, to] = [practices.get(need.homeCode), practices.get(host.code)];
    const measured = from === undefined || to === undefined ? Number.POSITIVE_INFINITY : kmBetween(from, to);
    distances.set(key, measured);
    return measured;
  };
  const isOpen = (need: SeekingNeed, host: Member): boolean => need.priority === "asap" || open.get(host.code) === true;
  const inRing = (need: SeekingNeed, ring: number): Member[] => {
    const home = members.get(need.homeCode);
    return home === undefined || !home.isSigned
      ? []
      : [...members.values()].filter((host) => host.code !== home.code && ringOf(home, host) <= ring);
  };
  const couldBeAsked = (need: SeekingNeed, host: Member): boolean =>
    host.isSigned && host.isAccepting && km(need, host) <= need.maxKm && !excluded.has(`${need.id} ${host.code}`);
  return {
    km,
    within: (need, ring) =>
      inRing(need, ring)
        .filter((host) => isOpen(need, host) || (need.takesFirm && hasFirm.has(host.code)))
        .map((host) => host.code),
    callable: (need, ring) =>
      inRing(need, ring).filter(
        (host) =>
          couldBeAsked(need, host) &&
          host.couldDo.includes(need.service) &&
          host.dailyCap !== 0 &&
          host.waiting < DESK_FULL &&
          isOpen(need, host),
      ),
    opensNext: (need) => {
      const closed = inRing(need, LAST_RING).filter((host) => !isOpen(need, host) && couldBeAsked(need, host));
      const times = closed.map((host) => nextOpening(host.hours, now).getTime());
      return times.length === 0 ? undefined : new Date(Math.min(...times));
    },
  };
};

/** Whether a block of this clinic is agreed at once, without asking anybody (O1). */
export const isTakenAtOnce = (need: SeekingNeed, clinic: PlannedClinic): boolean => clinic.isFirm && need.takesFirm;
