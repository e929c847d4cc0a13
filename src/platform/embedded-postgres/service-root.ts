import { chmod, lstat, mkdir, realpath } from "node:fs/promises";
import { EmbeddedPostgresError } from "./errors.ts";
import { canEnter, type ServiceUser } from "./service-user.ts";

/** Both outlive a restart of the machine, which a folder in /tmp may not. */
const CANDIDATES = ["/var/lib/covershare", "/var/tmp/covershare"];

/**
 * A folder of root's that the service user may enter: for the data and binaries of clusters whose own folder it cannot
 * reach. It must belong to root and be writable by root alone, or somebody else could plant what root then runs.
 */
export const serviceRoot = async (user: ServiceUser): Promise<string> => {
  const problems: string[] = [];
  for (const candidate of CANDIDATES) {
    try {
      const created = await mkdir(candidate, { recursive: true });
      if (created !== undefined) await chmod(candidate, 0o755);
      const found = await lstat(candidate);
      if (!found.isDirectory() || found.uid !== 0 || (found.mode & 0o022) !== 0) {
        problems.push(`${candidate} does not belong to root alone`);
        continue;
      }
      const folder = await realpath(candidate);
      if (await canEnter(folder, user)) return folder;
      problems.push(`${candidate} cannot be entered by user ${user.uid}`);
    } catch (error) {
      problems.push(`${candidate}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and there is no folder where user ${user.uid} could keep its data: ${problems.join("; ")}. ` +
      "Start Covershare as another user, or set DATABASE_URL.",
  );
};
