import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { migrate } from "../../../src/platform/db/migrate.ts";
import { openEmbeddedPostgres } from "../../../src/platform/embedded-postgres/index.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export interface OwnPostgres {
  readonly url: string;
  close(): Promise<void>;
}

/** A PostgreSQL of the benchmark's own, with the durability settings of production, migrated. `settings` come on top. */
export const startPostgres = async (settings: Readonly<Record<string, string>> = {}): Promise<OwnPostgres> => {
  const dataDir = await mkdtemp(path.join(tmpdir(), "covershare-bench-"));
  const embedded = await openEmbeddedPostgres({ dataDir, log: silentLogger, settings });
  await migrate(embedded.url);
  return {
    url: embedded.url,
    close: async () => {
      await embedded.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

/** Runs statements of which each must be one by itself. */
export const runAt = async (url: string, statements: readonly string[]): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
};

/** A copy of the database at `url` in the same server, to which nobody may be connected. Answers its address. */
export const copyDatabase = async (url: string, name: string): Promise<string> => {
  const at = new URL(url);
  const original = at.pathname.slice(1);
  at.pathname = "/postgres";
  // Copied as files: the other way writes every page to the log.
  await runAt(at.href, [`create database bench_${name} template ${original} strategy file_copy`]);
  at.pathname = `/bench_${name}`;
  return at.href;
};

export interface Running {
  readonly process: ChildProcess;
  /** The first line on standard output: for `api`, the address. */
  readonly firstLine: string;
  stop(): Promise<void>;
}

const started = async (child: ChildProcess, what: string): Promise<Running> => {
  const { stdout } = child;
  if (stdout === null) throw new Error(`${what} has no output`);
  let text = "";
  const line = new Promise<string>((resolve, reject) => {
    stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once("exit", (code) => reject(new Error(`${what} ended with ${code} before it was ready`)));
  });
  const firstLine = await line;
  return {
    process: child,
    firstLine,
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
};

/** One of the product's own processes, compiled, as `covershare COMMAND`. */
export const startProduct = async (command: string, environment: Readonly<Record<string, string>>): Promise<Running> =>
  started(
    spawn(process.execPath, [path.join(root, "dist/bin/covershare.js"), command], {
      env: { ...process.env, LOG_LEVEL: "error", ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    }),
    command,
  );

/** A script of this folder in a process of its own. */
export const startScript = async (script: URL, environment: Readonly<Record<string, string>>): Promise<Running> =>
  started(
    spawn(process.execPath, ["--import", "tsx", fileURLToPath(script)], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    }),
    script.pathname,
  );
