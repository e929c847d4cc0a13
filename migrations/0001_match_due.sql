CREATE TABLE "match_due" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"group_code" text NOT NULL,
	"cause" text NOT NULL,
	"match_due_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
DROP INDEX "cover_requests_match_due";--> statement-breakpoint
CREATE INDEX "match_due_group" ON "match_due" USING btree ("group_code","id");--> statement-breakpoint
CREATE INDEX "match_due_at" ON "match_due" USING btree ("match_due_at");--> statement-breakpoint
ALTER TABLE "cover_requests" DROP COLUMN "match_due_at";