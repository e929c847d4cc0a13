import type { Snapshot } from "./snapshot.ts";

/**
 * How soon a block may begin that a desk is asked about. An offer ends when its first slot begins (O2), and whoever let one
 * lapse is not asked for that need again (A5): asked about a time in three minutes, a desk that would have said yes to later
 * ones is lost for it.
 */
const LEAD_MS = 10 * 60_000;

/** Without the free slots of clinics to be asked that begin before anybody could answer; what an offer holds stays. */
export const withTimeToAnswer = <S extends Pick<Snapshot, "now" | "clinics">>(snapshot: S): S => {
  const from = snapshot.now.getTime() + LEAD_MS;
  return {
    ...snapshot,
    clinics: snapshot.clinics.map((clinic) =>
      clinic.isFirm
        ? clinic
        : { ...clinic, slots: clinic.slots.filter((slot) => slot.heldBy !== undefined || slot.start >= from) },
    ),
  };
};
