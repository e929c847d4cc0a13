ALTER TABLE "agreement_steps" ADD COLUMN "undone_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "agreement_steps" ADD COLUMN "undone_by" uuid;--> statement-breakpoint
ALTER TABLE "agreements" ADD COLUMN "release_warn_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "agreements" ADD COLUMN "release_extended_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "needs" ADD COLUMN "excluded_times" jsonb;--> statement-breakpoint
ALTER TABLE "agreement_steps" ADD CONSTRAINT "agreement_steps_undone_by_users_id_fk" FOREIGN KEY ("undone_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "agreements_release" ON "agreements" USING btree ("release_at") WHERE "agreements"."is_live" and "agreements"."step" in ('agreed', 'blocked');--> statement-breakpoint
CREATE INDEX "agreements_release_warn" ON "agreements" USING btree ("release_warn_at") WHERE "agreements"."is_live" and "agreements"."step" in ('agreed', 'blocked');