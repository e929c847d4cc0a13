import type { Queryable, Tx } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";

/** Somebody else's plan that a change would break: a live agreement on one of the slots. */
export interface AffectedAgreement {
  readonly agreementId: string;
  /** `CR-7F3K` and `N07`: what both sides call it. */
  readonly reference: string;
  readonly needRef: string;
  readonly homeCode: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** How far its handover had come: `told` means that the patient knows. */
  readonly step: string;
}

/**
 * Why slots are lost. After `slot-gone` and `clinic-changed` another time of the same clinic may do;
 * `no-longer-offered` is a clinic that stopped doing the service or providing what was required, so no time of it does.
 */
export type LossCause = "clinic-withdrawn" | "clinic-changed" | "no-longer-offered" | "slot-gone";

/**
 * What capacity needs from the features above it (agreements and offers), wired by the composition root.
 *
 * When `slotsLost` is called the clinic row is already as it will be, and the slots are already `busy-unavailable`: a
 * search for another time of the same clinic (C4) cannot find them, and releasing them to free changes nothing. Only slots
 * that were held or busy and have not started are named.
 */
export interface CapacityPorts {
  /** Somebody of the actor's organisation opened a page from a message queued at `queuedAt`: messages arrive there. */
  messageArrived(tx: Tx, actor: Actor, queuedAt: Date): Promise<void>;
  /** The live agreements on these slots, in the order of their start. Reads only. */
  impactOf(q: Queryable, slotIds: readonly string[]): Promise<readonly AffectedAgreement[]>;
  /**
   * Locks whatever stands on these slots in the order that everybody keeps (requests, then slots), before capacity locks
   * the slots themselves: a desk that accepts and a colleague who withdraws then wait for each other, never in a circle.
   */
  lockStanding(tx: Tx, slotIds: readonly string[]): Promise<void>;
  /** Locks the requests of whatever waits for this desk's answer, before capacity locks its clinics. */
  lockWaitingFor(tx: Tx, organisationCode: string): Promise<void>;
  /**
   * These clinics are firm from now on: what waited for a yes of theirs has it, if its request takes firm time without
   * asking (O1), and is agreed.
   */
  firmConfirmed(tx: Tx, actor: Actor, clinicIds: readonly string[]): Promise<void>;
  /** Ends what stands on these slots: waiting offers shrink or end; agreements move to another time or re-open their need. */
  slotsLost(
    tx: Tx,
    actor: Actor,
    lost: { readonly slotIds: readonly string[]; readonly cause: LossCause },
  ): Promise<{
    /** Agreements that got another time of the same clinic. */ readonly moved: number;
    /** Agreements that ended. */ readonly broken: number;
  }>;
}
