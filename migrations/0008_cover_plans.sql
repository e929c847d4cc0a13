CREATE TABLE "cover_plans" (
	"id" uuid PRIMARY KEY NOT NULL,
	"group_code" text NOT NULL,
	"service_code" text,
	"plan" jsonb,
	"version" integer NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "cover_plans_one_a_service" UNIQUE NULLS NOT DISTINCT("group_code","service_code"),
	CONSTRAINT "cover_plans_is_a_plan" CHECK (jsonb_typeof("cover_plans"."plan") = 'object')
);
--> statement-breakpoint
ALTER TABLE "cover_plans" ADD CONSTRAINT "cover_plans_group_code_networks_code_fk" FOREIGN KEY ("group_code") REFERENCES "public"."networks"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cover_plans" ADD CONSTRAINT "cover_plans_service_code_services_code_fk" FOREIGN KEY ("service_code") REFERENCES "public"."services"("code") ON DELETE no action ON UPDATE no action;