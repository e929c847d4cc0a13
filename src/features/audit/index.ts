export { recordAudit, recordAudits, system, type Author } from "./audit.repository.ts";
export { beginEra } from "./seal.repository.ts";
export { auditSweepers, sealAudit, verifyAudit, type AuditVerdict, type SealOptions } from "./seal.service.ts";
