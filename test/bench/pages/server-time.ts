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
export const timePage = async (
  address: string,
  path: string,
  cookie: string,
  rounds: { readonly warmUp: number; readonly measured: number },
): Promise<PageTime> => {
  const times: number[] = [];
  let size = 0;
  for (let at = 0; at < rounds.warmUp + rounds.measured; at += 1) {
    const { ms, status, bytes } = await ask(address, path, cookie);
    if (status !== 200) throw new Error(`${path} answered ${status}`);
    size = bytes;
    if (at >= rounds.warmUp) times.push(ms);
  }
  return { times, bytes: size };
};
