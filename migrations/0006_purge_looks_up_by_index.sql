CREATE INDEX "agreement_slots_slot" ON "agreement_slots" USING btree ("slot_id");--> statement-breakpoint
CREATE INDEX "agreements_need" ON "agreements" USING btree ("need_id");--> statement-breakpoint
CREATE INDEX "offer_needs_need" ON "offer_needs" USING btree ("need_id");--> statement-breakpoint
CREATE INDEX "offer_slots_need" ON "offer_slots" USING btree ("need_id");--> statement-breakpoint
CREATE INDEX "offer_slots_slot" ON "offer_slots" USING btree ("slot_id");