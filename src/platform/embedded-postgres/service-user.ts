import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { EmbeddedPostgresError, ifPresent } from "./errors.ts";

/** Whom the server runs as when we are root, which PostgreSQL refuses to run as. */
export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

export const weAreRoot = (): boolean => process.getuid?.() === 0;

const NAMES = ["postgres", "_postgres", "nobody"];

/**
 * The unprivileged user for a server that root starts; undefined when we are not root. It must exist in /etc/passwd
 * (PostgreSQL looks its own name up). An existing cluster is served by whoever owns it.
 */
export const chooseServiceUser = async (clusterDir: string | undefined): Promise<ServiceUser | undefined> => {
  if (!weAreRoot()) return undefined;
  if (clusterDir !== undefined) {
    const owner = await stat(clusterDir);
    if (owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  }
  const users = ((await ifPresent(readFile("/etc/passwd", "utf8"))) ?? "")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name = "", , uid, gid]) => ({ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }));
  for (const name of NAMES) {
    const user = users.find((candidate) => candidate.name === name && candidate.uid !== 0);
    if (user !== undefined) return { uid: user.uid, gid: user.gid };
  }
  throw new EmbeddedPostgresError(
    "PostgreSQL does not run as root, and this system has neither a user `postgres` nor `nobody` to run it as. " +
      "Start Covershare as another user, or set DATABASE_URL.",
  );
};

const READ = 4;
const ENTER = 1;

const permits = async (target: string, user: ServiceUser, right: number): Promise<boolean> => {
  const found = await ifPresent(stat(target));
  if (found === undefined) return false;
  // The class that applies is the first that matches, as in the kernel; other groups are dropped when the server starts.
  const shift = found.uid === user.uid ? 6 : found.gid === user.gid ? 3 : 0;
  return ((found.mode >> shift) & right) === right;
};

/** True if `user` may enter `folder` and every folder above it. The path must be free of symbolic links. */
export const canEnter = async (folder: string, user: ServiceUser): Promise<boolean> => {
  for (let current = folder; ; current = path.dirname(current)) {
    if (!(await permits(current, user, ENTER))) return false;
    if (current === path.dirname(current)) return true;
  }
};

/** True if `user` may read and execute the file at this link-free path. */
export const canRun = async (file: string, user: ServiceUser): Promise<boolean> =>
  (await permits(file, user, READ | ENTER)) && (await canEnter(path.dirname(file), user));

/** True if `user` may read the file at this link-free path. */
export const canRead = async (file: string, user: ServiceUser): Promise<boolean> =>
  (await permits(file, user, READ)) && (await canEnter(path.dirname(file), user));
