import { lookup, type LookupAddress } from "node:dns";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { wallClock } from "../clock/clock.ts";
import { systemCode } from "../errors/system-code.ts";
import { isPublicAddress } from "./addresses.ts";

/** Why no answer came: a few words that may be shown to whoever named the address. */
export type PostProblem = "private-address" | "not-found" | "not-reached" | "timeout" | "tls" | "broken" | "stopped";

export interface PostResult {
  /** Of the answer; null where none came. */
  readonly status: number | null;
  readonly problem: PostProblem | null;
  /** What the answer's Retry-After asks for, in seconds. */
  readonly retryAfterSeconds: number | null;
  readonly ms: number;
}

/** Posts to addresses that somebody else has named. Never throws, follows no redirect, and ends within its timeout. */
export interface Poster {
  /** Whether this address may be posted to at all, as far as it says itself: a name is looked up, and judged, when posting. */
  mayReach(url: string): boolean;
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<PostResult>;
  /** Ends what is under way with the problem `stopped`. */
  close(): void;
}

export interface PosterSettings {
  /** True: also http and addresses that are not public. For trying things out, and receivers inside one's own network. */
  readonly allowsPrivate: boolean;
  /** For the whole of one post, from looking up the name to the end of the answer. */
  readonly timeoutMs: number;
}

/** An answer is only looked at for its status; more than this of it is not read. */
const MOST_ANSWER_BYTES = 64 * 1024;

class PrivateAddress extends Error {
  override readonly name = "PrivateAddress";
}

/** The part of `dns.lookup` that is used, so that a test can answer for the network. */
export type Resolve = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/**
 * Looks a name up and refuses it unless every address is public. The connection is then made to exactly what was checked,
 * so a name that answers differently the second time (DNS rebinding) gains nothing.
 */
export const publicOnly =
  (resolve: Resolve): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const [first] = found;
      if (first === undefined || found.some(({ address }) => !isPublicAddress(address)))
        return callback(new PrivateAddress("the name leads to an address that is not public"), []);
      return options.all === true ? callback(null, found) : callback(null, first.address, first.family);
    });
  };

const NOT_REACHED = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "EADDRNOTAVAIL", "EACCES"];

const problemOf = (error: unknown): PostProblem => {
  if (error instanceof PrivateAddress) return "private-address";
  const code = systemCode(error) ?? "";
  if (["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA"].includes(code)) return "not-found";
  if (NOT_REACHED.includes(code)) return "not-reached";
  if (code.startsWith("ERR_TLS") || code.startsWith("ERR_SSL") || /CERT|SELF_SIGNED|UNABLE_TO/.test(code)) return "tls";
  return "broken";
};

/** Seconds of a Retry-After that is a number; dates are rare and not worth a second clock. */
const retryAfterOf = (answer: IncomingMessage): number | null => {
  const text = answer.headers["retry-after"] ?? "";
  return /^\d{1,6}$/.test(text) ? Number(text) : null;
};

/** `[::1]` of a URL without its brackets. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "");

/** Connections are kept for a moment, so that a burst to one receiver shakes hands once. */
export const createPoster = ({ allowsPrivate, timeoutMs }: PosterSettings): Poster => {
  const keeping = {
    keepAlive: true,
    maxSockets: 4,
    maxFreeSockets: 2,
    ...(allowsPrivate ? {} : { lookup: publicOnly(lookup) }),
  };
  const agents = { http: new HttpAgent(keeping), https: new HttpsAgent(keeping) };
  const stopping = new AbortController();

  const send = (url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<PostResult> =>
    new Promise((settle) => {
      const began = wallClock.monotonicMs();
      const late = AbortSignal.timeout(timeoutMs);
      const signal = AbortSignal.any([late, stopping.signal]);
      const done = (result: Partial<PostResult>): void =>
        settle({
          status: null,
          problem: null,
          retryAfterSeconds: null,
          ...result,
          ms: Math.round(wallClock.monotonicMs() - began),
        });
      const failed = (error: unknown): void => {
        if (stopping.signal.aborted) done({ problem: "stopped" });
        else done({ problem: late.aborted ? "timeout" : problemOf(error) });
      };
      const isTls = url.protocol === "https:";
      const options = { method: "POST", headers: { ...headers, "content-length": Buffer.byteLength(body) }, signal };
      const receive = (answer: IncomingMessage): void => {
        let bytes = 0;
        const { statusCode = 0 } = answer;
        const answered = (): void => done({ status: statusCode, retryAfterSeconds: retryAfterOf(answer) });
        answer.on("error", failed);
        answer.on("end", answered);
        answer.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= MOST_ANSWER_BYTES) return;
          // The status has been said; the rest is not wanted.
          answered();
          answer.destroy();
        });
      };
      const sending = isTls
        ? httpsRequest(url, { ...options, agent: agents.https }, receive)
        : httpRequest(url, { ...options, agent: agents.http }, receive);
      // The receiver had closed a connection that we kept: that says nothing about the receiver, so once more on a new one.
      sending.on("error", (error) => {
        if (!sending.reusedSocket || systemCode(error) !== "ECONNRESET") failed(error);
        else settle(send(url, headers, body));
      });
      sending.end(body);
    });

  const mayReach = (address: string): boolean => {
    if (!URL.canParse(address)) return false;
    const url = new URL(address);
    if (allowsPrivate) return ["https:", "http:"].includes(url.protocol);
    const host = hostOf(url);
    return url.protocol === "https:" && (isIP(host) === 0 || isPublicAddress(host));
  };

  return {
    mayReach,
    post: async (address, headers, body) =>
      mayReach(address)
        ? send(new URL(address), headers, body)
        : { status: null, problem: "private-address", retryAfterSeconds: null, ms: 0 },
    close: () => {
      stopping.abort();
      agents.http.destroy();
      agents.https.destroy();
    },
  };
};
