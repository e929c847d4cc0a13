ALTER TABLE "neighbours" DROP CONSTRAINT "neighbours_home_code_organisations_code_fk";
--> statement-breakpoint
ALTER TABLE "neighbours" DROP CONSTRAINT "neighbours_host_code_organisations_code_fk";
--> statement-breakpoint
DROP INDEX "neighbours_home_km";