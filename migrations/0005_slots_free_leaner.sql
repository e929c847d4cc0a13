DROP INDEX "slots_free";--> statement-breakpoint
CREATE INDEX "slots_free" ON "slots" USING btree ("organisation_code","starts_at") WHERE "slots"."state" = 'free';