import { readFileSync } from "node:fs";
import http from "node:http";

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

interface Answer {
  readonly ms: number;
  readonly status: number;
  readonly bytes: number;
}

/** One page as a browser asks for it, to the last byte of the compressed answer; nothing is unpacked on this side. */
const ask = async (address: string, path: string, cookie: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const begin = performance.now();
    const headers = { cookie, accept: "text/html", "accept-encoding": "gzip, deflate, br" };
    http
      .get(`${address}${path}`, { agent, headers }, (response) => {
        let bytes = 0;
        response.on("data", (chunk: Buffer) => (bytes += chunk.length));
        response.once("end", () => resolve({ ms: performance.now() - begin, status: response.statusCode ?? 0, bytes }));
        response.once("error", reject);
      })
      .once("error", reject);
  });

export interface PageTime {
  /** Milliseconds from asking to the last byte, each time. */
  readonly times: readonly number[];
  /** Of the compressed page. */
  readonly bytes: number;
}

/** Asks for a page over one kept connection, one after another. Includes the loopback, so it is no less than the server's time. */
export const timePage = async (address: string, path: string, cookie: string, rounds: number): Promise<PageTime> => {
  const times: number[] = [];
  let size = 0;
  for (let at = 0; at < rounds; at += 1) {
    const { ms, status, bytes } = await ask(address, path, cookie);
    if (status !== 200) throw new Error(`${path} answered ${status}`);
    size = bytes;
    times.push(ms);
  }
  return { times, bytes: size };
};

/** Linux counts in hundredths of a second. */
const TICK_MS = 10;

/** Milliseconds of processor time that a process has used so far, PostgreSQL's not among them; NaN where there is no /proc. */
export const cpuMsOf = (pid: number | undefined): number => {
  if (process.platform !== "linux" || pid === undefined) return Number.NaN;
  // After the name in brackets, which may hold anything: state is the first field, utime the 12th, stime the 13th.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};
