import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { packageRoot } from "../../support/modules.ts";
import { endsWithParent } from "./node-arguments.ts";

/** One life of a product process, from start to exit. */
export interface Life {
  readonly pid: number;
  /** Where it listens; 0 for a matcher. */
  readonly port: number;
  readonly child: ChildProcess;
  /** Set before we end it, so that an end of its own is told from ours. */
  isEndedByUs: boolean;
}

export interface ProductOptions {
  readonly command: "api" | "matcher" | "serve";
  /** `api-1`: names its log. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What to pass to Node before the script: planted bugs and the clock that can be stepped. */
  readonly nodeArguments: readonly string[];
  /** Folder for its log. */
  readonly folder: string;
  /** Aborted: a process that is still starting is ended. */
  readonly stopping?: AbortSignal;
  /** Told of a process that did not come up in time: a promise broken. */
  readonly onBroken?: (what: string) => void;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** No start may take longer, whatever is broken: a process that cannot come up ends, and is started again. */
const UP_WITHIN_MS = 90_000;

const READY = /Covershare is at http:\/\/[^:\s]+:(\d+)|matcher is running/;

/**
 * Starts `covershare COMMAND` from dist and resolves once it says that it is ready; undefined when it ended before, as it
 * does while its database is away. A supervisor tries again then.
 */
export const startLife = async (options: ProductOptions): Promise<Life | undefined> => {
  const child = spawn(
    process.execPath,
    [...endsWithParent(), ...options.nodeArguments, path.join(packageRoot, "dist/bin/covershare.js"), options.command],
    { env: { PATH: process.env["PATH"] ?? "", ...options.environment }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const log = createWriteStream(path.join(options.folder, `${options.name}.log`), { flags: "a" });
  child.stderr.pipe(log);
  const { stopping } = options;
  const kill = (): void => void child.kill("SIGKILL");
  stopping?.addEventListener("abort", kill, { once: true });
  child.once("exit", () => stopping?.removeEventListener("abort", kill));
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  const deadline = performance.now() + UP_WITHIN_MS;
  while (!hasEnded(child)) {
    if (performance.now() > deadline) {
      options.onBroken?.(`${options.name} (${child.pid}) neither came up nor ended within ${UP_WITHIN_MS / 1_000} s`);
      child.kill("SIGKILL");
      await once(child, "exit");
      return undefined;
    }
    const ready = READY.exec(said);
    if (ready !== null && child.pid !== undefined)
      return { pid: child.pid, port: Number(ready[1] ?? 0), child, isEndedByUs: false };
    await delay(20);
  }
  return undefined;
};

/** Ends one life; resolves when it is over. Says whether it went by itself in time. */
export const endLife = async (life: Life, name: "SIGKILL" | "SIGTERM", withinMs = 20_000): Promise<boolean> => {
  life.isEndedByUs = true;
  if (hasEnded(life.child)) return true;
  const over = once(life.child, "exit");
  life.child.kill(name);
  const inTime = await Promise.race([over.then(() => true), delay(withinMs, false, { ref: false })]);
  if (!inTime) {
    life.child.kill("SIGKILL");
    await over;
  }
  return inTime;
};
