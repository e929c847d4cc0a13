CREATE TABLE "alarm_rotas" (
	"organisation_code" text PRIMARY KEY NOT NULL,
	"owner_id" uuid,
	"deputy_id" uuid,
	"version" integer NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alarm_watches" (
	"kind" text NOT NULL,
	"subject" uuid NOT NULL,
	"half_at" timestamp (3) with time zone NOT NULL,
	"last_hour_at" timestamp (3) with time zone,
	"basis" text NOT NULL,
	CONSTRAINT "alarm_watches_kind_subject_pk" PRIMARY KEY("kind","subject")
);
--> statement-breakpoint
CREATE TABLE "alarms" (
	"id" uuid PRIMARY KEY NOT NULL,
	"group_code" text NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"request_id" uuid,
	"desk_code" text NOT NULL,
	"priority" text NOT NULL,
	"breaks_at" timestamp (3) with time zone,
	"owner_id" uuid,
	"deputy_id" uuid,
	"level" integer NOT NULL,
	"raised_at" timestamp (3) with time zone NOT NULL,
	"climbs_at" timestamp (3) with time zone,
	"acknowledged_by" uuid,
	"acknowledged_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"ended_as" text,
	CONSTRAINT "alarms_level" CHECK ("alarms"."level" between 0 and 2)
);
--> statement-breakpoint
CREATE TABLE "broker_absences" (
	"user_id" uuid NOT NULL,
	"organisation_code" text NOT NULL,
	"away_until" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "broker_absences_user_id_organisation_code_pk" PRIMARY KEY("user_id","organisation_code")
);
--> statement-breakpoint
CREATE TABLE "board_schedules" (
	"organisation_code" text NOT NULL,
	"kind" text NOT NULL,
	"next_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "board_schedules_organisation_code_kind_pk" PRIMARY KEY("organisation_code","kind")
);
--> statement-breakpoint
CREATE TABLE "bulletin_answers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"post_id" uuid NOT NULL,
	"organisation_code" text NOT NULL,
	"text" text NOT NULL,
	"posted_by" uuid NOT NULL,
	"posted_at" timestamp (3) with time zone NOT NULL,
	"hidden_at" timestamp (3) with time zone,
	"hidden_by" uuid,
	"hide_code" text,
	CONSTRAINT "bulletin_answers_text" CHECK (char_length("bulletin_answers"."text") between 1 and 400)
);
--> statement-breakpoint
CREATE TABLE "bulletin_posts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"group_code" text NOT NULL,
	"organisation_code" text NOT NULL,
	"kind" text NOT NULL,
	"text" text NOT NULL,
	"posted_by" uuid NOT NULL,
	"posted_at" timestamp (3) with time zone NOT NULL,
	"hidden_at" timestamp (3) with time zone,
	"hidden_by" uuid,
	"hide_code" text,
	CONSTRAINT "bulletin_posts_text" CHECK (char_length("bulletin_posts"."text") between 1 and 400)
);
--> statement-breakpoint
CREATE TABLE "practice_pauses" (
	"organisation_code" text PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"paused_by" uuid NOT NULL,
	"paused_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "pressure_states" (
	"organisation_code" text PRIMARY KEY NOT NULL,
	"level" integer NOT NULL,
	"declared_by" uuid NOT NULL,
	"declared_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "pressure_states_level" CHECK ("pressure_states"."level" between 1 and 4)
);
--> statement-breakpoint
ALTER TABLE "alarm_rotas" ADD CONSTRAINT "alarm_rotas_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "alarm_rotas" ADD CONSTRAINT "alarm_rotas_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "alarm_rotas" ADD CONSTRAINT "alarm_rotas_deputy_id_users_id_fk" FOREIGN KEY ("deputy_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "alarms" ADD CONSTRAINT "alarms_request_id_cover_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."cover_requests"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "alarms" ADD CONSTRAINT "alarms_desk_code_organisations_code_fk" FOREIGN KEY ("desk_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "alarms" ADD CONSTRAINT "alarms_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "alarms" ADD CONSTRAINT "alarms_deputy_id_users_id_fk" FOREIGN KEY ("deputy_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "alarms" ADD CONSTRAINT "alarms_acknowledged_by_users_id_fk" FOREIGN KEY ("acknowledged_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "broker_absences" ADD CONSTRAINT "broker_absences_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "broker_absences" ADD CONSTRAINT "broker_absences_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "board_schedules" ADD CONSTRAINT "board_schedules_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "bulletin_answers" ADD CONSTRAINT "bulletin_answers_post_id_bulletin_posts_id_fk" FOREIGN KEY ("post_id") REFERENCES "public"."bulletin_posts"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "bulletin_answers" ADD CONSTRAINT "bulletin_answers_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "bulletin_answers" ADD CONSTRAINT "bulletin_answers_posted_by_users_id_fk" FOREIGN KEY ("posted_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "bulletin_answers" ADD CONSTRAINT "bulletin_answers_hidden_by_users_id_fk" FOREIGN KEY ("hidden_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "bulletin_posts" ADD CONSTRAINT "bulletin_posts_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "bulletin_posts" ADD CONSTRAINT "bulletin_posts_posted_by_users_id_fk" FOREIGN KEY ("posted_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "bulletin_posts" ADD CONSTRAINT "bulletin_posts_hidden_by_users_id_fk" FOREIGN KEY ("hidden_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "practice_pauses" ADD CONSTRAINT "practice_pauses_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "practice_pauses" ADD CONSTRAINT "practice_pauses_paused_by_users_id_fk" FOREIGN KEY ("paused_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "pressure_states" ADD CONSTRAINT "pressure_states_organisation_code_organisations_code_fk" FOREIGN KEY ("organisation_code") REFERENCES "public"."organisations"("code") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "pressure_states" ADD CONSTRAINT "pressure_states_declared_by_users_id_fk" FOREIGN KEY ("declared_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "alarm_watches_half" ON "alarm_watches" USING btree ("half_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "alarms_one_live_a_cause" ON "alarms" USING btree ("kind","subject") WHERE "alarms"."ended_at" is null;
--> statement-breakpoint
CREATE INDEX "alarms_live" ON "alarms" USING btree ("group_code") WHERE "alarms"."ended_at" is null;
--> statement-breakpoint
CREATE INDEX "alarms_climbs" ON "alarms" USING btree ("climbs_at") WHERE "alarms"."climbs_at" is not null;
--> statement-breakpoint
CREATE INDEX "alarms_group" ON "alarms" USING btree ("group_code","raised_at");
--> statement-breakpoint
CREATE INDEX "board_schedules_next" ON "board_schedules" USING btree ("next_at");
--> statement-breakpoint
CREATE INDEX "bulletin_answers_post" ON "bulletin_answers" USING btree ("post_id","posted_at");
--> statement-breakpoint
CREATE INDEX "bulletin_posts_group" ON "bulletin_posts" USING btree ("group_code","posted_at");
--> statement-breakpoint
CREATE INDEX "practice_pauses_expires" ON "practice_pauses" USING btree ("expires_at") WHERE "practice_pauses"."expires_at" is not null;
--> statement-breakpoint
CREATE INDEX "pressure_states_expires" ON "pressure_states" USING btree ("expires_at");
--> statement-breakpoint
CREATE INDEX "needs_returned" ON "needs" USING btree ("group_code") WHERE "needs"."state" = 'returned' and "needs"."acknowledged_at" is null;
