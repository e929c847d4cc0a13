import { sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
import { madeOnce } from "../../platform/db/made-once.ts";
import type { Priority } from "./offers.rules.ts";

export interface DraftSlot {
  readonly slotId: string;
  readonly needId: string;
  readonly startsAt: Date;
}

/** An offer to be made. Its slots are held (busy-tentative) by the caller already, in the same transaction. */
export interface OfferDraft {
  readonly requestId: string;
  readonly reference: string;
  readonly groupCode: string;
  readonly homeCode: string;
  readonly supportingCode: string;
  readonly kind: "slots" | "call";
  readonly awaiting: "supporting" | "home";
  readonly priority: Priority;
  readonly ring: number;
  readonly isExtra: boolean;
  readonly km: number;
  readonly reasons: readonly string[];
  readonly expiresAt: Date;
  readonly needIds: readonly string[];
  readonly slots: readonly DraftSlot[];
}

const offersMade = madeOnce(
  () => sql`
    with draft as (
      select * from jsonb_to_recordset(${sql.placeholder("drafts")}::jsonb) as t(
        id uuid, "requestId" uuid, "groupCode" text, "homeCode" text, "supportingCode" text, kind text, awaiting text, priority text,
        ring int, "isExtra" boolean, km real, reasons jsonb, "expiresAt" timestamptz, "needIds" jsonb, slots jsonb)
    ), made as (
      insert into offers (id, request_id, group_code, home_code, supporting_code, kind, awaiting, state, priority, ring, is_extra,
                          km, reasons, expires_at, created_at, version)
      select id, "requestId", "groupCode", "homeCode", "supportingCode", kind, awaiting, 'waiting', priority, ring, "isExtra",
             km, reasons, "expiresAt", app_now(), 1 from draft
    ), asked as (
      insert into offer_needs (offer_id, need_id, is_live)
      select id, need::uuid, true from draft cross join jsonb_array_elements_text("needIds") as need
    )
    insert into offer_slots (offer_id, slot_id, need_id, is_live)
    select id, (slot ->> 'slotId')::uuid, (slot ->> 'needId')::uuid, true from draft cross join jsonb_array_elements(slots) as slot`,
);

/** Writes offers with their needs and held slots in one statement, whose text is the same for any number of them. */
export const insertOffers = (tx: Tx, drafts: readonly (OfferDraft & { readonly id: string })[]): void => {
  if (drafts.length > 0) tx.write(offersMade({ drafts: JSON.stringify(drafts) }));
};

/** Makes extra asks first choices: their needs have no other place any more (rule A2). */
export const promoteExtras = (tx: Tx, offerIds: readonly string[]): void => {
  if (offerIds.length === 0) return;
  tx.write(sql`update offers set is_extra = false where id = any(${sql.param([...offerIds])}::uuid[])`);
};
