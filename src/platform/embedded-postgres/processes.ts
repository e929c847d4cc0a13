import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";
import { systemCode } from "../errors/system-code.ts";

const run = promisify(execFile);

/** The output of `ps` for one process, or undefined when there is none. For systems without /proc. */
const ps = async (pid: number, column: string): Promise<string | undefined> => {
  try {
    const { stdout } = await run("/bin/ps", ["-p", String(pid), "-o", `${column}=`], { env: { LC_ALL: "C" } });
    const text = stdout.trim();
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
};

/**
 * Names one life of a process: its start time, and the boot it belongs to, tell it from a later process that was given
 * the same id. Undefined when the process has ended, also when its parent has not collected it yet (a zombie holds nothing).
 */
export const lifeOf = async (pid: number): Promise<string | undefined> => {
  if (process.platform !== "linux") return ps(pid, "lstart");
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may itself hold spaces and parentheses: fields are counted after the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    return `${boot.trim()}:${fields[19] ?? ""}`;
  } catch {
    return undefined;
  }
};

/**
 * True if `pid` is a running PostgreSQL server of exactly this cluster. A postmaster.pid that outlived its server often
 * names a process that is by now something else (in a container after each restart).
 */
export const isServerOf = async (pid: number, clusterDir: string): Promise<boolean> => {
  if (process.platform !== "linux") {
    const command = await ps(pid, "command");
    return command !== undefined && command.includes("postgres") && command.includes(clusterDir);
  }
  try {
    const [executable, folder] = await Promise.all([readlink(`/proc/${pid}/exe`), readlink(`/proc/${pid}/cwd`)]);
    // The binaries may have been installed anew underneath the running server.
    return executable.replace(/ \(deleted\)$/, "").endsWith("/postgres") && folder === clusterDir;
  } catch {
    return false;
  }
};

/** Sends a signal; false when the process is gone already. */
export const signal = (pid: number, name: NodeJS.Signals): boolean => {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if (systemCode(error) === "ESRCH") return false;
    throw error;
  }
};
