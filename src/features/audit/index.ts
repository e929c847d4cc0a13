export { recordAudit, system, type Author } from "./audit.repository.ts";
