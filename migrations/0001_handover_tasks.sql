CREATE TABLE "patient_tasks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"why" text NOT NULL,
	"group_code" text NOT NULL,
	"home_code" text NOT NULL,
	"request_id" uuid NOT NULL,
	"agreement_id" uuid NOT NULL,
	"before" timestamp (3) with time zone NOT NULL,
	"after" timestamp (3) with time zone,
	"made_at" timestamp (3) with time zone NOT NULL,
	"acknowledged_at" timestamp (3) with time zone,
	"acknowledged_by" uuid,
	"acknowledged_as" text,
	"withdrawn_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "agreements" ADD COLUMN "step_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "agreements" ADD COLUMN "late_for" text;--> statement-breakpoint
ALTER TABLE "agreements" ADD COLUMN "late_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "agreements" ADD COLUMN "chased_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "patient_tasks" ADD CONSTRAINT "patient_tasks_home_code_organisations_code_fk" FOREIGN KEY ("home_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient_tasks" ADD CONSTRAINT "patient_tasks_request_id_cover_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."cover_requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient_tasks" ADD CONSTRAINT "patient_tasks_agreement_id_agreements_id_fk" FOREIGN KEY ("agreement_id") REFERENCES "public"."agreements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient_tasks" ADD CONSTRAINT "patient_tasks_acknowledged_by_users_id_fk" FOREIGN KEY ("acknowledged_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "patient_tasks_home" ON "patient_tasks" USING btree ("home_code") WHERE "patient_tasks"."acknowledged_at" is null and "patient_tasks"."withdrawn_at" is null;--> statement-breakpoint
CREATE INDEX "patient_tasks_group" ON "patient_tasks" USING btree ("group_code") WHERE "patient_tasks"."acknowledged_at" is null and "patient_tasks"."withdrawn_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "patient_tasks_one_open" ON "patient_tasks" USING btree ("agreement_id","kind") WHERE "patient_tasks"."acknowledged_at" is null and "patient_tasks"."withdrawn_at" is null;--> statement-breakpoint
CREATE INDEX "patient_tasks_agreement" ON "patient_tasks" USING btree ("agreement_id");--> statement-breakpoint
CREATE INDEX "patient_tasks_request" ON "patient_tasks" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "agreements_late_unknown" ON "agreements" USING btree ("id") WHERE "agreements"."is_live" and "agreements"."step" in ('agreed', 'blocked', 'passed', 'booked', 'told') and "agreements"."late_for" is distinct from "agreements"."step";--> statement-breakpoint
CREATE INDEX "agreements_late" ON "agreements" USING btree ("late_at") WHERE "agreements"."is_live" and "agreements"."step" in ('agreed', 'blocked', 'passed', 'booked', 'told') and "agreements"."chased_at" is null;