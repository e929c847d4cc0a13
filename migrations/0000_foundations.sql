-- Needed by the exclusion constraint below; trusted, so the database's owner may create it.
CREATE EXTENSION IF NOT EXISTS btree_gist;--> statement-breakpoint
CREATE TABLE "held_clock" (
	"is_held" boolean PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_heads" (
	"stream" text PRIMARY KEY NOT NULL,
	"last_offset" bigint NOT NULL,
	"pruned_through" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "events" (
	"stream" text NOT NULL,
	"offset" bigint NOT NULL,
	"id" uuid NOT NULL,
	"type" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"data" jsonb NOT NULL,
	CONSTRAINT "events_stream_offset_pk" PRIMARY KEY("stream","offset")
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"scope" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"status" integer NOT NULL,
	"body" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_scope_key_pk" PRIMARY KEY("scope","key")
);
--> statement-breakpoint
CREATE TABLE "agreement_slots" (
	"agreement_id" uuid NOT NULL,
	"slot_id" uuid NOT NULL,
	"is_live" boolean NOT NULL,
	CONSTRAINT "agreement_slots_agreement_id_slot_id_pk" PRIMARY KEY("agreement_id","slot_id")
);
--> statement-breakpoint
CREATE TABLE "agreement_steps" (
	"id" uuid PRIMARY KEY NOT NULL,
	"agreement_id" uuid NOT NULL,
	"step" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"user_id" uuid,
	"organisation_code" text NOT NULL,
	"undone_at" timestamp (3) with time zone,
	"undone_by" uuid
);
--> statement-breakpoint
CREATE TABLE "agreements" (
	"id" uuid PRIMARY KEY NOT NULL,
	"need_id" uuid NOT NULL,
	"request_id" uuid NOT NULL,
	"offer_id" uuid,
	"group_code" text NOT NULL,
	"home_code" text NOT NULL,
	"supporting_code" text NOT NULL,
	"clinic_id" uuid NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"step" text NOT NULL,
	"is_live" boolean NOT NULL,
	"release_at" timestamp (3) with time zone,
	"release_warn_at" timestamp (3) with time zone,
	"release_extended_at" timestamp (3) with time zone,
	"cancelled_by_side" text,
	"cancel_code" text,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_entries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"user_id" uuid,
	"organisation_code" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"data" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clinics" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_code" text NOT NULL,
	"site_id" uuid NOT NULL,
	"services" text[] NOT NULL,
	"channel" text NOT NULL,
	"provides" text[] NOT NULL,
	"pledge" text NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"breaks" jsonb NOT NULL,
	"slot_minutes" integer NOT NULL,
	"lane" text,
	"series_id" uuid,
	"series_date" date,
	"is_changed" boolean DEFAULT false NOT NULL,
	"confirmed_on" date,
	"source" text NOT NULL,
	"external_key" text,
	"withdrawn_at" timestamp (3) with time zone,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "clinics_window" CHECK ("clinics"."starts_at" < "clinics"."ends_at"),
	CONSTRAINT "clinics_slot_minutes" CHECK ("clinics"."slot_minutes" between 5 and 120)
);
--> statement-breakpoint
CREATE TABLE "slots" (
	"id" uuid PRIMARY KEY NOT NULL,
	"clinic_id" uuid NOT NULL,
	"organisation_code" text NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"state" text NOT NULL,
	"gone_at" timestamp (3) with time zone
);
--> statement-breakpoint
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
CREATE TABLE "api_tokens" (
	"id" uuid PRIMARY KEY NOT NULL,
	"token_hash" text NOT NULL,
	"user_id" uuid NOT NULL,
	"organisation_code" text NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "invitations" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"organisation_code" text NOT NULL,
	"roles" text[] NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"accepted_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id_hash" text PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"acting_for" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_seen_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "sign_in_failures" (
	"bucket" text PRIMARY KEY NOT NULL,
	"failures" integer NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user_roles" (
	"user_id" uuid NOT NULL,
	"organisation_code" text NOT NULL,
	"role" text NOT NULL,
	CONSTRAINT "user_roles_user_id_organisation_code_role_pk" PRIMARY KEY("user_id","organisation_code","role")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"password_hash" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"deactivated_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "match_due" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"group_code" text NOT NULL,
	"cause" text NOT NULL,
	"match_due_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "offer_needs" (
	"offer_id" uuid NOT NULL,
	"need_id" uuid NOT NULL,
	"is_live" boolean NOT NULL,
	CONSTRAINT "offer_needs_offer_id_need_id_pk" PRIMARY KEY("offer_id","need_id")
);
--> statement-breakpoint
CREATE TABLE "offer_slots" (
	"offer_id" uuid NOT NULL,
	"slot_id" uuid NOT NULL,
	"need_id" uuid NOT NULL,
	"is_live" boolean NOT NULL,
	CONSTRAINT "offer_slots_offer_id_slot_id_pk" PRIMARY KEY("offer_id","slot_id")
);
--> statement-breakpoint
CREATE TABLE "offers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"request_id" uuid NOT NULL,
	"group_code" text NOT NULL,
	"home_code" text NOT NULL,
	"supporting_code" text NOT NULL,
	"kind" text NOT NULL,
	"awaiting" text NOT NULL,
	"state" text NOT NULL,
	"priority" text NOT NULL,
	"ring" integer NOT NULL,
	"is_extra" boolean NOT NULL,
	"km" real NOT NULL,
	"reasons" jsonb NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"extended_at" timestamp (3) with time zone,
	"seen_at" timestamp (3) with time zone,
	"nudged_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"answered_at" timestamp (3) with time zone,
	"answered_by" uuid,
	"decline_code" text,
	"version" integer NOT NULL,
	CONSTRAINT "offers_between_two" CHECK ("offers"."home_code" <> "offers"."supporting_code")
);
--> statement-breakpoint
CREATE TABLE "buddies" (
	"organisation_code" text NOT NULL,
	"buddy_code" text NOT NULL,
	CONSTRAINT "buddies_organisation_code_buddy_code_pk" PRIMARY KEY("organisation_code","buddy_code")
);
--> statement-breakpoint
CREATE TABLE "neighbours" (
	"home_code" text NOT NULL,
	"host_code" text NOT NULL,
	"km" real NOT NULL,
	"is_same_pcn" boolean NOT NULL,
	CONSTRAINT "neighbours_home_code_host_code_pk" PRIMARY KEY("home_code","host_code")
);
--> statement-breakpoint
CREATE TABLE "network_members" (
	"network_code" text NOT NULL,
	"organisation_code" text NOT NULL,
	CONSTRAINT "network_members_network_code_organisation_code_pk" PRIMARY KEY("network_code","organisation_code")
);
--> statement-breakpoint
CREATE TABLE "networks" (
	"code" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "organisations" (
	"code" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"postcode" text,
	"lat" double precision,
	"lon" double precision,
	"list_size" integer,
	"status" text NOT NULL,
	"is_accepting" boolean NOT NULL,
	"accepting_until" timestamp (3) with time zone,
	"daily_cap" integer,
	"provides" text[] NOT NULL,
	"accept_roles" text[] NOT NULL,
	"bypass_phone" text,
	"version" integer NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sharing_memberships" (
	"organisation_code" text PRIMARY KEY NOT NULL,
	"group_code" text NOT NULL,
	"agreement_version" text,
	"signed_by" text,
	"signed_at" timestamp (3) with time zone,
	"valid_from" date,
	"valid_until" date
);
--> statement-breakpoint
CREATE TABLE "sites" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_code" text NOT NULL,
	"name" text NOT NULL,
	"address" text,
	"is_main" boolean NOT NULL,
	"opening_hours" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cover_requests" (
	"id" uuid PRIMARY KEY NOT NULL,
	"reference" text NOT NULL,
	"home_code" text NOT NULL,
	"group_code" text NOT NULL,
	"priority" text NOT NULL,
	"reason" text NOT NULL,
	"takes_firm" boolean NOT NULL,
	"posted_by" uuid NOT NULL,
	"posted_by_code" text NOT NULL,
	"paused_at" timestamp (3) with time zone,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "need_exclusions" (
	"need_id" uuid NOT NULL,
	"organisation_code" text NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "need_exclusions_need_id_organisation_code_pk" PRIMARY KEY("need_id","organisation_code")
);
--> statement-breakpoint
CREATE TABLE "need_lines" (
	"id" uuid PRIMARY KEY NOT NULL,
	"request_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"service_code" text NOT NULL,
	"channel" text NOT NULL,
	"minutes" integer NOT NULL,
	"earliest" timestamp (3) with time zone NOT NULL,
	"due_by" timestamp (3) with time zone NOT NULL,
	"requires" text[] NOT NULL,
	"max_km" integer NOT NULL,
	"priority" text NOT NULL,
	"not_asked" jsonb NOT NULL,
	"explain_due_at" timestamp (3) with time zone,
	CONSTRAINT "need_lines_window" CHECK ("need_lines"."earliest" < "need_lines"."due_by" and "need_lines"."due_by" <= "need_lines"."earliest" + interval '60 days'),
	CONSTRAINT "need_lines_minutes" CHECK ("need_lines"."minutes" between 5 and 120),
	CONSTRAINT "need_lines_max_km" CHECK ("need_lines"."max_km" between 1 and 80)
);
--> statement-breakpoint
CREATE TABLE "needs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"request_id" uuid NOT NULL,
	"line_id" uuid NOT NULL,
	"group_code" text NOT NULL,
	"ref" text NOT NULL,
	"course" text,
	"state" text NOT NULL,
	"priority" text NOT NULL,
	"ring" integer NOT NULL,
	"extra_asks" integer NOT NULL,
	"widen_at" timestamp (3) with time zone,
	"excluded_times" jsonb,
	"ended_as" text,
	"ended_at" timestamp (3) with time zone,
	"acknowledged_by" uuid,
	"acknowledged_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "organisation_services" (
	"organisation_code" text NOT NULL,
	"service_code" text NOT NULL,
	CONSTRAINT "organisation_services_organisation_code_service_code_pk" PRIMARY KEY("organisation_code","service_code")
);
--> statement-breakpoint
CREATE TABLE "services" (
	"code" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"default_minutes" integer NOT NULL,
	"performers" text[] NOT NULL,
	"requires" text[] NOT NULL,
	"handover_checklist" text[] NOT NULL,
	"is_shared_by_default" boolean NOT NULL,
	"matched_as" text,
	"is_active" boolean NOT NULL
);
--> statement-breakpoint
ALTER TABLE "agreement_slots" ADD CONSTRAINT "agreement_slots_agreement_id_agreements_id_fk" FOREIGN KEY ("agreement_id") REFERENCES "public"."agreements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agreement_slots" ADD CONSTRAINT "agreement_slots_slot_id_slots_id_fk" FOREIGN KEY ("slot_id") REFERENCES "public"."slots"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agreement_steps" ADD CONSTRAINT "agreement_steps_agreement_id_agreements_id_fk" FOREIGN KEY ("agreement_id") REFERENCES "public"."agreements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agreement_steps" ADD CONSTRAINT "agreement_steps_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agreement_steps" ADD CONSTRAINT "agreement_steps_undone_by_users_id_fk" FOREIGN KEY ("undone_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agreements" ADD CONSTRAINT "agreements_need_id_needs_id_fk" FOREIGN KEY ("need_id") REFERENCES "public"."needs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agreements" ADD CONSTRAINT "agreements_request_id_cover_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."cover_requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agreements" ADD CONSTRAINT "agreements_home_code_organisations_code_fk" FOREIGN KEY ("home_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agreements" ADD CONSTRAINT "agreements_supporting_code_organisations_code_fk" FOREIGN KEY ("supporting_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agreements" ADD CONSTRAINT "agreements_clinic_id_clinics_id_fk" FOREIGN KEY ("clinic_id") REFERENCES "public"."clinics"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clinics" ADD CONSTRAINT "clinics_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clinics" ADD CONSTRAINT "clinics_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "slots" ADD CONSTRAINT "slots_clinic_id_clinics_id_fk" FOREIGN KEY ("clinic_id") REFERENCES "public"."clinics"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clinic_series" ADD CONSTRAINT "clinic_series_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clinic_series" ADD CONSTRAINT "clinic_series_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "closures" ADD CONSTRAINT "closures_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_acting_for_organisations_code_fk" FOREIGN KEY ("acting_for") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_roles" ADD CONSTRAINT "user_roles_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_roles" ADD CONSTRAINT "user_roles_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "offer_needs" ADD CONSTRAINT "offer_needs_offer_id_offers_id_fk" FOREIGN KEY ("offer_id") REFERENCES "public"."offers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "offer_needs" ADD CONSTRAINT "offer_needs_need_id_needs_id_fk" FOREIGN KEY ("need_id") REFERENCES "public"."needs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "offer_slots" ADD CONSTRAINT "offer_slots_offer_id_offers_id_fk" FOREIGN KEY ("offer_id") REFERENCES "public"."offers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "offer_slots" ADD CONSTRAINT "offer_slots_slot_id_slots_id_fk" FOREIGN KEY ("slot_id") REFERENCES "public"."slots"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "offer_slots" ADD CONSTRAINT "offer_slots_need_id_needs_id_fk" FOREIGN KEY ("need_id") REFERENCES "public"."needs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "offers" ADD CONSTRAINT "offers_request_id_cover_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."cover_requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "offers" ADD CONSTRAINT "offers_home_code_organisations_code_fk" FOREIGN KEY ("home_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "offers" ADD CONSTRAINT "offers_supporting_code_organisations_code_fk" FOREIGN KEY ("supporting_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "offers" ADD CONSTRAINT "offers_answered_by_users_id_fk" FOREIGN KEY ("answered_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "buddies" ADD CONSTRAINT "buddies_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "buddies" ADD CONSTRAINT "buddies_buddy_code_organisations_code_fk" FOREIGN KEY ("buddy_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network_members" ADD CONSTRAINT "network_members_network_code_networks_code_fk" FOREIGN KEY ("network_code") REFERENCES "public"."networks"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "network_members" ADD CONSTRAINT "network_members_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sharing_memberships" ADD CONSTRAINT "sharing_memberships_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sharing_memberships" ADD CONSTRAINT "sharing_memberships_group_code_networks_code_fk" FOREIGN KEY ("group_code") REFERENCES "public"."networks"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sites" ADD CONSTRAINT "sites_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cover_requests" ADD CONSTRAINT "cover_requests_home_code_organisations_code_fk" FOREIGN KEY ("home_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cover_requests" ADD CONSTRAINT "cover_requests_posted_by_users_id_fk" FOREIGN KEY ("posted_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "need_exclusions" ADD CONSTRAINT "need_exclusions_need_id_needs_id_fk" FOREIGN KEY ("need_id") REFERENCES "public"."needs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "need_exclusions" ADD CONSTRAINT "need_exclusions_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "need_lines" ADD CONSTRAINT "need_lines_request_id_cover_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."cover_requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "need_lines" ADD CONSTRAINT "need_lines_service_code_services_code_fk" FOREIGN KEY ("service_code") REFERENCES "public"."services"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "needs" ADD CONSTRAINT "needs_request_id_cover_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."cover_requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "needs" ADD CONSTRAINT "needs_line_id_need_lines_id_fk" FOREIGN KEY ("line_id") REFERENCES "public"."need_lines"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "needs" ADD CONSTRAINT "needs_acknowledged_by_users_id_fk" FOREIGN KEY ("acknowledged_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organisation_services" ADD CONSTRAINT "organisation_services_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organisation_services" ADD CONSTRAINT "organisation_services_service_code_services_code_fk" FOREIGN KEY ("service_code") REFERENCES "public"."services"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "events_at" ON "events" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "agreement_slots_one_live_a_slot" ON "agreement_slots" USING btree ("slot_id") WHERE "agreement_slots"."is_live";--> statement-breakpoint
CREATE INDEX "agreement_steps_agreement" ON "agreement_steps" USING btree ("agreement_id");--> statement-breakpoint
CREATE UNIQUE INDEX "agreements_one_live_a_need" ON "agreements" USING btree ("need_id") WHERE "agreements"."is_live";--> statement-breakpoint
CREATE INDEX "agreements_home" ON "agreements" USING btree ("home_code","starts_at");--> statement-breakpoint
CREATE INDEX "agreements_supporting" ON "agreements" USING btree ("supporting_code","starts_at");--> statement-breakpoint
CREATE INDEX "agreements_request" ON "agreements" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "agreements_clinic" ON "agreements" USING btree ("clinic_id");--> statement-breakpoint
CREATE INDEX "agreements_release" ON "agreements" USING btree ("release_at") WHERE "agreements"."is_live" and "agreements"."step" in ('agreed', 'blocked');--> statement-breakpoint
CREATE INDEX "agreements_release_warn" ON "agreements" USING btree ("release_warn_at") WHERE "agreements"."is_live" and "agreements"."step" in ('agreed', 'blocked');--> statement-breakpoint
CREATE INDEX "audit_entries_subject" ON "audit_entries" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "audit_entries_organisation_at" ON "audit_entries" USING btree ("organisation_code","at");--> statement-breakpoint
CREATE INDEX "clinics_organisation_start" ON "clinics" USING btree ("organisation_code","starts_at");--> statement-breakpoint
CREATE UNIQUE INDEX "clinics_external_key" ON "clinics" USING btree ("organisation_code","external_key");--> statement-breakpoint
CREATE UNIQUE INDEX "clinics_series_day" ON "clinics" USING btree ("series_id","series_date");--> statement-breakpoint
CREATE UNIQUE INDEX "slots_clinic_start" ON "slots" USING btree ("clinic_id","starts_at");--> statement-breakpoint
CREATE INDEX "slots_free" ON "slots" USING btree ("organisation_code","starts_at") WHERE "slots"."state" = 'free';--> statement-breakpoint
CREATE INDEX "clinic_series_organisation" ON "clinic_series" USING btree ("organisation_code");--> statement-breakpoint
CREATE INDEX "clinic_series_due" ON "clinic_series" USING btree ("made_through") WHERE "clinic_series"."ended_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "api_tokens_hash" ON "api_tokens" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "api_tokens_user" ON "api_tokens" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "invitations_organisation" ON "invitations" USING btree ("organisation_code");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "user_roles_organisation" ON "user_roles" USING btree ("organisation_code");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email" ON "users" USING btree ("email");--> statement-breakpoint
CREATE INDEX "match_due_group" ON "match_due" USING btree ("group_code","id");--> statement-breakpoint
CREATE INDEX "match_due_at" ON "match_due" USING btree ("match_due_at");--> statement-breakpoint
CREATE INDEX "offer_needs_live" ON "offer_needs" USING btree ("need_id") WHERE "offer_needs"."is_live";--> statement-breakpoint
CREATE UNIQUE INDEX "offer_slots_one_live_hold" ON "offer_slots" USING btree ("slot_id") WHERE "offer_slots"."is_live";--> statement-breakpoint
CREATE INDEX "offers_request" ON "offers" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "offers_supporting" ON "offers" USING btree ("supporting_code","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "offers_waiting_supporting" ON "offers" USING btree ("supporting_code") WHERE "offers"."state" = 'waiting';--> statement-breakpoint
CREATE INDEX "offers_waiting_home" ON "offers" USING btree ("home_code") WHERE "offers"."state" = 'waiting' and "offers"."awaiting" = 'home';--> statement-breakpoint
CREATE INDEX "offers_home" ON "offers" USING btree ("home_code","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "offers_expires" ON "offers" USING btree ("expires_at") WHERE "offers"."state" = 'waiting';--> statement-breakpoint
CREATE INDEX "network_members_organisation" ON "network_members" USING btree ("organisation_code");--> statement-breakpoint
CREATE INDEX "organisations_name" ON "organisations" USING btree ("name");--> statement-breakpoint
CREATE INDEX "sharing_memberships_group" ON "sharing_memberships" USING btree ("group_code");--> statement-breakpoint
CREATE INDEX "sites_organisation" ON "sites" USING btree ("organisation_code");--> statement-breakpoint
CREATE UNIQUE INDEX "cover_requests_reference" ON "cover_requests" USING btree ("reference");--> statement-breakpoint
CREATE INDEX "cover_requests_home" ON "cover_requests" USING btree ("home_code","created_at");--> statement-breakpoint
CREATE INDEX "cover_requests_group" ON "cover_requests" USING btree ("group_code","created_at");--> statement-breakpoint
CREATE INDEX "need_exclusions_organisation" ON "need_exclusions" USING btree ("organisation_code");--> statement-breakpoint
CREATE UNIQUE INDEX "need_lines_position" ON "need_lines" USING btree ("request_id","position");--> statement-breakpoint
CREATE INDEX "need_lines_explain_due" ON "need_lines" USING btree ("explain_due_at") WHERE "need_lines"."explain_due_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "needs_ref" ON "needs" USING btree ("request_id","ref");--> statement-breakpoint
CREATE INDEX "needs_live" ON "needs" USING btree ("group_code") WHERE "needs"."state" in ('open', 'offered');--> statement-breakpoint
CREATE INDEX "needs_widen" ON "needs" USING btree ("widen_at") WHERE "needs"."widen_at" is not null;--> statement-breakpoint
CREATE INDEX "needs_line" ON "needs" USING btree ("line_id");--> statement-breakpoint
CREATE INDEX "organisation_services_service" ON "organisation_services" USING btree ("service_code");--> statement-breakpoint
-- Rule T2: the present instant as all processes see it. One row in held_clock holds it for a test or a simulation.
CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL RESTRICTED AS
$$ SELECT coalesce((SELECT "at" FROM "held_clock" WHERE "is_held"), date_trunc('milliseconds', now())) $$;--> statement-breakpoint
ALTER TABLE "held_clock" ADD CONSTRAINT "held_clock_one_row" CHECK ("is_held");--> statement-breakpoint
-- A clinician is in one place at a time: two clinics of one lane may not overlap.
ALTER TABLE "clinics" ADD CONSTRAINT "clinics_lane_overlap" EXCLUDE USING gist
  ("organisation_code" WITH =, "lane" WITH =, tstzrange("starts_at", "ends_at") WITH &&)
  WHERE ("lane" IS NOT NULL AND "withdrawn_at" IS NULL);--> statement-breakpoint
ALTER TABLE "slots" ADD CONSTRAINT "slots_window" CHECK ("starts_at" < "ends_at");--> statement-breakpoint
-- The audit trail is append-only, whoever asks; the purge job, which is the one exception, says so by this setting.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('covershare.purging', true) = 'yes' AND TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_append_only';
END $$;--> statement-breakpoint
CREATE TRIGGER "audit_append_only" BEFORE UPDATE OR DELETE ON "audit_entries" FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
