CREATE TABLE "deliveries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"cause" text NOT NULL,
	"organisation_code" text,
	"channel" text NOT NULL,
	"recipient" text NOT NULL,
	"kind" text NOT NULL,
	"priority" text NOT NULL,
	"offer_id" uuid,
	"content" jsonb NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"envelope_id" uuid,
	"dropped_at" timestamp (3) with time zone,
	"drop_reason" text,
	"is_digest" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "envelopes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_code" text,
	"channel" text NOT NULL,
	"recipient" text NOT NULL,
	"address" text NOT NULL,
	"content" jsonb NOT NULL,
	"state" text NOT NULL,
	"attempts" integer NOT NULL,
	"next_at" timestamp (3) with time zone NOT NULL,
	"lease_until" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"sent_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"failure" text
);
--> statement-breakpoint
CREATE TABLE "push_subscriptions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"organisation_code" text NOT NULL,
	"endpoint" text NOT NULL,
	"p256dh" text NOT NULL,
	"auth" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_sent_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "reach_channels" (
	"organisation_code" text PRIMARY KEY NOT NULL,
	"mailbox" text NOT NULL,
	"confirmed_at" timestamp (3) with time zone,
	"confirmed_by" uuid,
	"test_hash" text,
	"test_sent_at" timestamp (3) with time zone,
	"failing_since" timestamp (3) with time zone,
	"failure" text,
	"failures" integer NOT NULL,
	"last_sent_at" timestamp (3) with time zone,
	"last_digest_at" timestamp (3) with time zone,
	"version" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reach_cursors" (
	"organisation_code" text PRIMARY KEY NOT NULL,
	"after" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reach_people" (
	"user_id" uuid NOT NULL,
	"organisation_code" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "reach_people_user_id_organisation_code_pk" PRIMARY KEY("user_id","organisation_code")
);
--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_offer_id_offers_id_fk" FOREIGN KEY ("offer_id") REFERENCES "public"."offers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_envelope_id_envelopes_id_fk" FOREIGN KEY ("envelope_id") REFERENCES "public"."envelopes"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "push_subscriptions" ADD CONSTRAINT "push_subscriptions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "push_subscriptions" ADD CONSTRAINT "push_subscriptions_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reach_channels" ADD CONSTRAINT "reach_channels_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reach_channels" ADD CONSTRAINT "reach_channels_confirmed_by_users_id_fk" FOREIGN KEY ("confirmed_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reach_people" ADD CONSTRAINT "reach_people_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reach_people" ADD CONSTRAINT "reach_people_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "deliveries_once" ON "deliveries" USING btree ("cause","recipient");--> statement-breakpoint
CREATE INDEX "deliveries_due" ON "deliveries" USING btree ("due_at") WHERE "deliveries"."envelope_id" is null and "deliveries"."dropped_at" is null;--> statement-breakpoint
CREATE INDEX "deliveries_offer" ON "deliveries" USING btree ("offer_id");--> statement-breakpoint
CREATE INDEX "deliveries_envelope" ON "deliveries" USING btree ("envelope_id");--> statement-breakpoint
CREATE INDEX "deliveries_organisation" ON "deliveries" USING btree ("organisation_code","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "envelopes_due" ON "envelopes" USING btree ("next_at") WHERE "envelopes"."state" = 'queued';--> statement-breakpoint
CREATE INDEX "envelopes_organisation" ON "envelopes" USING btree ("organisation_code","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "push_subscriptions_endpoint" ON "push_subscriptions" USING btree ("endpoint");--> statement-breakpoint
CREATE INDEX "push_subscriptions_organisation" ON "push_subscriptions" USING btree ("organisation_code");--> statement-breakpoint
CREATE INDEX "reach_channels_failing" ON "reach_channels" USING btree ("organisation_code") WHERE "reach_channels"."failing_since" is not null;--> statement-breakpoint
CREATE INDEX "reach_people_organisation" ON "reach_people" USING btree ("organisation_code");
--> statement-breakpoint
-- What happened before there was mail is not mailed afterwards.
INSERT INTO reach_cursors (organisation_code, after) SELECT stream, last_offset FROM event_heads;
