CREATE TABLE "audit_seals" (
	"id" integer NOT NULL,
	"era" integer NOT NULL,
	"from_xid" bigint NOT NULL,
	"until_xid" bigint NOT NULL,
	"count" integer NOT NULL,
	"hash" text NOT NULL,
	"previous" text NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	"sealed_at" timestamp (3) with time zone NOT NULL,
	"purged_at" timestamp (3) with time zone,
	CONSTRAINT "audit_seals_id_pk" PRIMARY KEY("id")
);
--> statement-breakpoint
CREATE TABLE "purges" (
	"table_name" text PRIMARY KEY NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"done_at" timestamp (3) with time zone,
	"purged" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "audit_entries" ADD COLUMN "era" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "audit_entries" ADD COLUMN "xid" bigint DEFAULT (pg_current_xact_id()::text::bigint) NOT NULL;--> statement-breakpoint
CREATE INDEX "purges_due" ON "purges" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "audit_entries_sealing" ON "audit_entries" USING btree ("era","xid");--> statement-breakpoint
-- Nor may the trail be emptied at a stroke.
CREATE FUNCTION refuse_audit_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_append_only';
END $$;--> statement-breakpoint
CREATE TRIGGER "audit_no_truncate" BEFORE TRUNCATE ON "audit_entries" FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_truncate();--> statement-breakpoint
-- A seal stays for ever; the purge only notes that the entries under it have gone.
CREATE FUNCTION refuse_seal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('covershare.purging', true) = 'yes' AND TG_OP = 'UPDATE'
     AND (to_jsonb(NEW) - 'purged_at') = (to_jsonb(OLD) - 'purged_at') THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'seals of the audit trail do not change' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_seals_fixed';
END $$;--> statement-breakpoint
CREATE TRIGGER "audit_seals_fixed" BEFORE UPDATE OR DELETE ON "audit_seals" FOR EACH ROW EXECUTE FUNCTION refuse_seal_change();--> statement-breakpoint
CREATE TRIGGER "audit_seals_no_truncate" BEFORE TRUNCATE ON "audit_seals" FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_truncate();
