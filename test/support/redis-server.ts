import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { dockerAnswers } from "./docker.ts";
import { until } from "./until.ts";

export interface TestRedis {
  readonly url: string;
  close(): Promise<void>;
}

const findOnPath = async (program: string): Promise<string | undefined> => {
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const file = path.join(folder, program);
    try {
      await access(file);
      return file;
    } catch {
      continue;
    }
  }
  return undefined;
};

export const freePort = async (): Promise<number> => {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
};

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

/** A redis-server of our own, with the eviction policy that BullMQ needs and nothing written to disk. */
export const startRedisServer = async (
  file: string,
  port: number,
): Promise<TestRedis & { readonly pid: number | undefined }> => {
  const folder = await mkdtemp(path.join(tmpdir(), "covershare-redis-"));
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--maxmemory-policy", "noeviction"];
  const child = spawn(file, [...settings, "--save", "", "--appendonly", "no", "--dir", folder], { stdio: "ignore" });
  const ended = once(child, "exit");
  await until(() => answers(port), { withinMs: 10_000, what: "redis-server answers" });
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid,
    close: async () => {
      child.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** The `redis-server` on PATH, if there is one. */
export const findRedisServer = (): Promise<string | undefined> => findOnPath("redis-server");

/** Redis for the tests: REDIS_URL, else a container where Docker answers, else a `redis-server` on PATH, else none. */
export const openTestRedis = async (): Promise<TestRedis | undefined> => {
  const given = process.env["REDIS_URL"];
  if (given !== undefined && given !== "") return { url: given, close: async () => undefined };
  if (await dockerAnswers()) {
    const { GenericContainer } = await import("testcontainers");
    const container = await new GenericContainer("valkey/valkey:8-alpine")
      .withCommand(["valkey-server", "--maxmemory-policy", "noeviction"])
      .withExposedPorts(6379)
      .start();
    const url = `redis://${container.getHost()}:${container.getMappedPort(6379)}`;
    return { url, close: async () => void (await container.stop()) };
  }
  const file = await findRedisServer();
  return file === undefined ? undefined : startRedisServer(file, await freePort());
};
