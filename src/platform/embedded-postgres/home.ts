import {
  access,
  chown,
  constants,
  mkdir,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { newSecret, newSpeakable, sha256 } from "../ids/ids.ts";
import { EmbeddedPostgresError, ifPresent } from "./errors.ts";
import { systemCode } from "../errors/system-code.ts";
import { serviceRoot } from "./service-root.ts";
import { canEnter, chooseServiceUser, type ServiceUser } from "./service-user.ts";

/*
 * What a data folder holds:
 *   cluster/        PostgreSQL's own data directory, there only once it is whole
 *   creating-…/     a cluster in the making; what an interrupted start left is removed by the next
 *   location        instead of cluster/: the folder that holds it, when the service user cannot reach this one
 *   password        of the superuser `covershare`, mode 0600
 *   port            the last one used, tried first so that addresses stay the same
 *   postgres.log    what the server says; postgres.log.1 is the one before
 *   owner-N.lock    see owner-lock.ts
 */

export interface Home {
  readonly folder: string;
  readonly logFile: string;
}

/** Creates the folder if needed and makes sure that we can write to it. */
export const openHome = async (dataDir: string): Promise<Home> => {
  try {
    await mkdir(dataDir, { recursive: true });
    const folder = await realpath(dataDir);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return { folder, logFile: path.join(folder, "postgres.log") };
  } catch (error) {
    const code = systemCode(error);
    const why =
      code === "EACCES" || code === "EPERM" || code === "EROFS"
        ? "is not writable for this user"
        : code === "ENOSPC" || code === "EDQUOT"
          ? "cannot be created because the disk is full"
          : code === "EEXIST" || code === "ENOTDIR"
            ? "is not a folder"
            : "cannot be used";
    throw new EmbeddedPostgresError(`The data folder ${dataDir} ${why} (${code ?? String(error)}).`, { cause: error });
  }
};

/** Where the cluster lies, or would lie. */
const baseOf = async (folder: string): Promise<string> =>
  (await ifPresent(readFile(path.join(folder, "location"), "utf8")))?.trim() ?? folder;

/** PostgreSQL's data directory if there is a complete one. */
export const findCluster = async (home: Home): Promise<string | undefined> => {
  const directory = path.join(await baseOf(home.folder), "cluster");
  return (await ifPresent(stat(directory))) === undefined ? undefined : directory;
};

export const readPassword = async (home: Home): Promise<string | undefined> =>
  ifPresent(readFile(path.join(home.folder, "password"), "utf8"));

const writeWhole = async (file: string, text: string): Promise<void> => {
  const draft = `${file}.${newSpeakable(6)}`;
  await writeFile(draft, text, { mode: 0o600, flush: true });
  await rename(draft, file);
};

export const ensurePassword = async (home: Home): Promise<string> => {
  const known = await readPassword(home);
  if (known !== undefined && known !== "") return known;
  const password = newSecret();
  await writeWhole(path.join(home.folder, "password"), password);
  return password;
};

export const readPort = async (home: Home): Promise<number | undefined> => {
  const port = Number(await ifPresent(readFile(path.join(home.folder, "port"), "utf8")));
  return Number.isInteger(port) && port > 1023 && port < 65_536 ? port : undefined;
};

export const writePort = (home: Home, port: number): Promise<void> =>
  writeWhole(path.join(home.folder, "port"), String(port));

export interface Place {
  /** Undefined: the server runs as ourselves. */
  readonly user: ServiceUser | undefined;
  /** The folder in which `cluster` lies or is to be created. */
  readonly base: string;
  readonly clusterDir: string;
  readonly exists: boolean;
}

/** Decides, holding the owner lock, who serves the cluster and where it lies; moves it out of a folder that became unreachable. */
export const choosePlace = async (home: Home): Promise<Place> => {
  const existing = await findCluster(home);
  const user = await chooseServiceUser(existing);
  let base = existing === undefined ? await baseOf(home.folder) : path.dirname(existing);
  if (user !== undefined && !(await canEnter(base, user))) {
    base = path.join(await serviceRoot(user), `${sha256(home.folder).slice(0, 12)}-${newSpeakable(6)}`);
    await mkdir(base, { mode: 0o711 });
    if (existing !== undefined) await moveCluster(existing, path.join(base, "cluster"));
    await writeWhole(path.join(home.folder, "location"), base);
  } else if (base !== home.folder) {
    await mkdir(base, { recursive: true, mode: 0o711 });
  }
  return { user, base, clusterDir: path.join(base, "cluster"), exists: existing !== undefined };
};

const moveCluster = async (from: string, to: string): Promise<void> => {
  try {
    await rename(from, to);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The data in ${from} lies in a folder that only root may enter, and could not be moved to ${to} (${systemCode(error) ?? String(error)}). ` +
        "Allow others to enter the folder (chmod o+x), or start Covershare as another user.",
      { cause: error },
    );
  }
};

/** A fresh folder for initdb, owned by whoever will run it; leftovers of interrupted attempts are removed. */
export const draftCluster = async ({ base, user }: Place): Promise<string> => {
  for (const name of await readdir(base)) {
    if (name.startsWith("creating-")) await rm(path.join(base, name), { recursive: true, force: true });
  }
  // A name of its own: an initdb that outlived its parent must not write into ours.
  const draft = path.join(base, `creating-${newSpeakable(8)}`);
  await mkdir(draft, { mode: 0o700 });
  if (user !== undefined) await chown(draft, user.uid, user.gid);
  return draft;
};
