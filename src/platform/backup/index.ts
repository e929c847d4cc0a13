export { BackupRefused, type BackupFacts } from "./file.ts";
export { restoreBackup } from "./restore.ts";
export { writeBackup } from "./write.ts";
