import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { buildMark } from "./build-mark.ts";
import { until } from "./until.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const run = (file: string, args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: "ignore" });
    child.once("error", reject);
    child.once("exit", () => resolve());
  });

/** Compiles the package once a run, whichever test file asks first: child processes run what users run. */
export const ensureBuilt = async (): Promise<void> => {
  const mark = buildMark(inject("postgresTemplate"));
  const isFirst = await mkdir(mark).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    // Type errors are the business of `npm run check`; what was emitted runs.
    await run(path.join(root, "node_modules/.bin/tsc"), ["-p", "tsconfig.build.json"]);
    await writeFile(path.join(mark, "done"), "");
  }
  await until(() => existsSync(path.join(mark, "done")), { withinMs: 60_000, what: "the package is compiled" });
};

export interface CovershareProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Signals the whole process group, as a terminal does. */
  signal(name: NodeJS.Signals): void;
  /** Resolves to the exit status, or 128 and more for a signal. */
  exited: Promise<number>;
}

/** Starts `covershare ARGS` from dist with exactly this environment (and PATH), in a process group of its own; `input` is its standard input. */
export const startCovershare = async (
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  input = "",
): Promise<CovershareProcess> => {
  await ensureBuilt();
  const child = spawn(process.execPath, [path.join(root, "dist/bin/covershare.js"), ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...environment },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  // One that never reads it, or is killed before, closes it.
  child.stdin.on("error", () => undefined).end(input);
  const { pid } = child;
  if (pid === undefined) throw new Error("the process did not start");
  const heard = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (heard.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (heard.err += chunk.toString()));
  return {
    child,
    pid,
    stdout: () => heard.out,
    stderr: () => heard.err,
    signal: (name) => process.kill(-pid, name),
    exited: new Promise((resolve) => {
      child.once("close", (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
    }),
  };
};

/** The address that `serve` and `api` print once they listen. */
export const addressOf = (running: CovershareProcess): Promise<string> =>
  until(
    () => {
      if (running.child.exitCode !== null) throw new Error(`it exited: ${running.stderr()}`);
      return /http:\/\/\S+/.exec(running.stdout())?.[0];
    },
    { withinMs: 60_000, what: "the process listens" },
  );
