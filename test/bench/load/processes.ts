import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { PROBE, type Question } from "./probe.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

const memory = z.object({ rss: z.number(), used: z.number(), handles: z.number() });
export type Memory = z.output<typeof memory>;
/** Since it was last asked: share of one core, its milliseconds, and those by which the event loop was late. */
const load = z.object({ cpu: z.number(), cpuMs: z.number(), p50: z.number(), p99: z.number(), max: z.number() });
export type Load = z.output<typeof load>;
const profile = z.object({ top: z.array(z.tuple([z.string(), z.number()])) });

/** A server process with the probe in it. */
export interface Watched {
  readonly pid: number;
  /** The first address that it printed. */
  readonly url: string;
  memory(): Promise<Memory>;
  load(): Promise<Load>;
  profiled<T>(
    work: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly top: readonly (readonly [string, number])[] }>;
  /** Sends the program something of its own. */
  tell(message: object): void;
  stop(): Promise<void>;
}

const answered = z.object({ id: z.number(), said: z.unknown() });

/** All that run: their channels would keep a benchmark alive that has failed. */
const running = new Set<ChildProcess>();

/** Ends whatever a failure has left behind. */
export const killAll = (): void => {
  for (const child of running) child.kill("SIGKILL");
};

const watch = async (child: ChildProcess, what: string): Promise<Watched> => {
  running.add(child);
  const { stdout } = child;
  if (stdout === null) throw new Error(`${what} has no output`);
  let text = "";
  const url = await new Promise<string>((resolve, reject) => {
    stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.includes("\n")) resolve(/(?:https?|wss?):\S+/.exec(text)?.[0] ?? "");
    });
    child.once("exit", (code) => reject(new Error(`${what} ended with ${code} before it was ready`)));
  });
  const waiting = new Map<
    number,
    { readonly resolve: (said: unknown) => void; readonly reject: (error: Error) => void }
  >();
  let isStopping = false;
  let asked = 0;
  child.on("message", (message) => {
    const parsed = answered.safeParse(message);
    if (!parsed.success) return;
    waiting.get(parsed.data.id)?.resolve(parsed.data.said);
    waiting.delete(parsed.data.id);
  });
  child.once("exit", (code, signal) => {
    running.delete(child);
    if (isStopping) return;
    const gone = new Error(`${what} ended by itself with ${code ?? signal}`);
    console.error(gone.message);
    for (const { reject } of waiting.values()) reject(gone);
  });
  const ask = async (question: Question): Promise<unknown> => {
    const id = (asked += 1);
    if (child.exitCode !== null) throw new Error(`${what} has ended`);
    const said = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    child.send({ id, what: question });
    return said;
  };
  return {
    pid: child.pid ?? 0,
    url,
    memory: async () => memory.parse(await ask("memory")),
    load: async () => load.parse(await ask("load")),
    profiled: async (work) => {
      await ask("profile-start");
      const result = await work();
      return { result, ...profile.parse(await ask("profile-stop")) };
    },
    tell: (message) => void child.send(message),
    stop: async () => {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
};

const NODE = ["--expose-gc", "--import", PROBE];

/** One of the product's own processes, compiled, as `covershare COMMAND`. */
export const startWatched = async (command: string, environment: Readonly<Record<string, string>>): Promise<Watched> =>
  watch(
    spawn(process.execPath, [...NODE, path.join(root, "dist/bin/covershare.js"), command], {
      env: { ...process.env, LOG_LEVEL: "error", ...environment },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    }),
    command,
  );

/** The least that a server of sockets can be, with the same probe. */
export const startBare = async (): Promise<Watched> =>
  watch(
    spawn(process.execPath, [...NODE, "--import", "tsx", fileURLToPath(new URL("./bare-server.ts", import.meta.url))], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    }),
    "the bare server",
  );
