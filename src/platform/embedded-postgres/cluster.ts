import { spawn } from "node:child_process";
import { chown, rename, rm, writeFile } from "node:fs/promises";
import type { Binaries } from "./binaries.ts";
import { explainFailure } from "./errors.ts";
import { draftCluster, type Place } from "./home.ts";
import type { ServiceUser } from "./service-user.ts";

export const SUPERUSER = "covershare";

/** Programs get nothing of our environment, which holds secrets and PG* variables, but where to look for other programs. */
export const programEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: "/usr/local/bin:/usr/bin:/bin",
  LC_ALL: "C",
  TZ: "UTC",
});

const runProgram = (
  file: string,
  args: readonly string[],
  cwd: string,
  user: ServiceUser | undefined,
): Promise<{ exitCode: number; output: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env: programEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    });
    let output = "";
    const collect = (chunk: Buffer): void => {
      output += chunk.toString("utf8");
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", reject);
    child.once("close", (code) => resolve({ exitCode: code ?? 1, output }));
  });

/**
 * Makes the cluster beside its final place and renames it when whole, so that an interrupted start leaves nothing that
 * looks like data. Sorting and case rules are PostgreSQL's own C.UTF-8: the same on every system, whatever its locales.
 */
export const createCluster = async (place: Place, binaries: Binaries, password: string): Promise<void> => {
  const draft = await draftCluster(place);
  const passwordFile = `${draft}-password`;
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (place.user !== undefined) await chown(passwordFile, place.user.uid, place.user.gid);
    const { exitCode, output } = await runProgram(
      binaries.initdb,
      [
        `--pgdata=${draft}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--data-checksums",
      ],
      place.base,
      place.user,
    );
    if (exitCode !== 0) throw explainFailure("PostgreSQL could not create its data folder.", output);
    await rename(draft, place.clusterDir);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  } finally {
    await rm(passwordFile, { force: true });
  }
};
