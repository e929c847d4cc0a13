import { DESK_FULL } from "./asking.rules.ts";
import type { PlacedNeed } from "./blocks.rules.ts";
import { isTakenAtOnce } from "./reach.rules.ts";
import type { Snapshot } from "./snapshot.ts";

/** Keeps a plan from giving one desk more waiting offers than it can handle (A6). One request at one desk is one offer. */
export interface Desk {
  take(block: PlacedNeed): boolean;
  takeCall(key: string, host: string): boolean;
}

export const deskCounter = (snapshot: Snapshot): Desk => {
  const waiting = new Map([...snapshot.members.values()].map((member) => [member.code, member.waiting]));
  const known = new Set<string>();
  const takeCall = (key: string, host: string): boolean => {
    if (known.has(key)) return true;
    const now = waiting.get(host) ?? 0;
    if (now >= DESK_FULL) return false;
    waiting.set(host, now + 1);
    known.add(key);
    return true;
  };
  return {
    takeCall,
    take: (block) => {
      if (isTakenAtOnce(block.need, block.clinic)) return true;
      const host = block.clinic.organisationCode;
      const answering = block.clinic.isFirm ? block.need.homeCode : host;
      return takeCall(`${block.need.requestId} ${host} ${block.clinic.isFirm} ${block.isExtra}`, answering);
    },
  };
};
