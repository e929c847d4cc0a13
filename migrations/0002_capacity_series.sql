CREATE TABLE "clinic_series" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_code" text NOT NULL,
	"site_id" uuid NOT NULL,
	"services" text[] NOT NULL,
	"channel" text NOT NULL,
	"provides" text[] NOT NULL,
	"pledge" text NOT NULL,
	"weekdays" integer[] NOT NULL,
	"opens" text NOT NULL,
	"closes" text NOT NULL,
	"breaks" jsonb NOT NULL,
	"slot_minutes" integer NOT NULL,
	"lane" text,
	"first_date" date NOT NULL,
	"last_date" date,
	"made_through" date,
	"ended_at" timestamp (3) with time zone,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "clinic_series_slot_minutes" CHECK ("clinic_series"."slot_minutes" between 5 and 120),
	CONSTRAINT "clinic_series_times" CHECK ("clinic_series"."opens" < "clinic_series"."closes")
);
--> statement-breakpoint
CREATE TABLE "closures" (
	"organisation_code" text NOT NULL,
	"date" date NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "closures_organisation_code_date_pk" PRIMARY KEY("organisation_code","date")
);
--> statement-breakpoint
DROP INDEX "slots_free";--> statement-breakpoint
ALTER TABLE "clinics" ADD COLUMN "series_date" date;--> statement-breakpoint
ALTER TABLE "clinics" ADD COLUMN "is_changed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "slots" ADD COLUMN "gone_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "clinic_series" ADD CONSTRAINT "clinic_series_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clinic_series" ADD CONSTRAINT "clinic_series_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "closures" ADD CONSTRAINT "closures_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "clinic_series_organisation" ON "clinic_series" USING btree ("organisation_code");--> statement-breakpoint
CREATE INDEX "clinic_series_due" ON "clinic_series" USING btree ("made_through") WHERE "clinic_series"."ended_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "clinics_series_day" ON "clinics" USING btree ("series_id","series_date");--> statement-breakpoint
CREATE INDEX "slots_free" ON "slots" USING btree ("organisation_code","starts_at","clinic_id") WHERE "slots"."state" = 'free';