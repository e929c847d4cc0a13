import type { Tx } from "../../../platform/db/database.ts";
import { recordAudit, system } from "../../audit/index.ts";
import { organisationOf } from "../send.repository.ts";
import { announceMailbox, noteFailure } from "../send.service.ts";
import { markReported, noteMailboxDelivers, takeEnvelope } from "./report.repository.ts";
import { readReport, verdictFor } from "./report.rules.ts";

/** What was made of a report; `words` for whoever handed it in, without any address. */
export interface ReportResult {
  /** unreadable: not a report. unknown: about no message that is on record here. ignored: it changes nothing. */
  readonly kind: "bounced" | "delivered" | "ignored" | "unreadable" | "unknown";
  readonly words: string;
}

const PENDING = {
  delayed: "the message is late, and its mail system goes on trying",
  relayed: "the message went on to a mail system that sends no reports",
  expanded: "the message went on to the members of a list",
} as const;

const KNOWN = {
  queued: "is still to be sent",
  sent: "was sent",
  delivered: "was known to be delivered",
  bounced: "was known to have come back",
  failed: "could not be sent",
  dropped: "was not sent",
} as const;

/**
 * Takes in one delivery report (RFC 3464): the message it is about becomes bounced or delivered, and a mailbox that it says
 * is dead is shown to the practice and its brokers, as one is that refuses at once. The same report again changes nothing.
 */
export const takeReport = async (tx: Tx, message: string): Promise<ReportResult> => {
  const report = readReport(message);
  if (report.kind === "broken") return { kind: "unreadable", words: report.why };
  const envelope = report.kind === "foreign" ? undefined : await takeEnvelope(tx, report.envelopeId);
  if (report.kind === "foreign" || envelope === undefined) {
    return {
      kind: "unknown",
      words: "The report is about no message on record here: another's, or one older than what is kept.",
    };
  }
  const { envelopeId } = report;
  const verdict = verdictFor(report.recipients, envelope.address);
  if (verdict === undefined || verdict.kind === "pending") {
    return { kind: "ignored", words: `Nothing changed: ${PENDING[verdict?.action ?? "delayed"]}.` };
  }
  const { recipient, address, createdAt, isOvertaken } = envelope;
  const state = verdict.kind === "failed" ? "bounced" : "delivered";
  const isNew = await markReported(tx, envelopeId, state, verdict.kind === "failed" ? verdict.status : null);
  if (!isNew) return { kind: "ignored", words: `Nothing changed: the message ${KNOWN[envelope.state]}.` };
  if (verdict.kind === "failed") {
    if (!isOvertaken) await noteFailure(tx, envelope, `report ${verdict.status}`, true);
    return { kind: "bounced", words: `Message ${envelopeId} came back (${verdict.status}).` };
  }
  const organisationCode = organisationOf(recipient);
  if (organisationCode !== undefined && (await noteMailboxDelivers(tx, organisationCode, address, createdAt))) {
    await recordAudit(tx, system, "mailbox.arrived", organisationCode);
    await announceMailbox(tx, organisationCode, "works");
  }
  return { kind: "delivered", words: `Message ${envelopeId} was delivered.` };
};
