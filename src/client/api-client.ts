import { waitMs, type Backoff } from "./backoff.ts";

/** A refusal of the API: a problem document (RFC 9457). Decide by `code`, show `message`. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly code: string;
  /** The whole document: field problems under `errors`, and what is still possible. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    const { code, detail } = problem;
    super(typeof detail === "string" ? detail : `The server answered ${status}.`);
    this.status = status;
    this.code = typeof code === "string" ? code : "unknown";
    this.problem = problem;
  }
}

export interface ApiOptions {
  /** `https://host`, without `/v1`. */
  readonly baseUrl: string;
  /** What every request carries: `authorization`, or `x-csrf-token` beside the browser's cookie. */
  readonly headers?: () => Readonly<Record<string, string>>;
  readonly fetch?: typeof globalThis.fetch;
  /** Tries in all, for a line that breaks and a server that is not there just now. */
  readonly attempts?: number;
  readonly backoff?: Backoff;
  /** Milliseconds for one try. */
  readonly timeoutMs?: number;
}

export interface Ask<T> {
  /** `/v1/offers?awaiting=me` */
  readonly path: string;
  /** Turns the body into what the caller relies on; throws if it is something else. */
  readonly parse: (body: unknown) => T;
}

export interface Command<T> extends Ask<T> {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  /** The ETag last read, where the API asks for it. */
  readonly ifMatch?: string;
  /** Default: a new one for each call of `command`; its retries share it, so the command happens once (O6). */
  readonly idempotencyKey?: string;
}

export interface Answer<T> {
  readonly value: T;
  readonly status: number;
  readonly etag: string | null;
}

export interface ApiClient {
  get<T>(ask: Ask<T>): Promise<Answer<T>>;
  command<T>(command: Command<T>): Promise<Answer<T>>;
}

/** These say "not now", and promise that nothing was half done. */
const PASSING = new Set([429, 502, 503, 504]);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** 128 random bits in hex. `crypto.randomUUID` would be missing in pages without https. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const readBody = async (response: Response): Promise<unknown> => {
  const text = await response.text();
  return text === "" ? undefined : JSON.parse(text);
};

const asProblem = async (response: Response): Promise<ApiProblem> => {
  const body: unknown = await readBody(response).catch(() => undefined);
  const isObject = typeof body === "object" && body !== null;
  return new ApiProblem(response.status, isObject ? { ...body } : {});
};

const retryAfterMs = (response: Response): number | undefined => {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
};

/** Speaks `/v1`. Every command is safe to repeat, so both reads and commands outlive a broken line. */
export const createApiClient = (options: ApiOptions): ApiClient => {
  const doFetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  const attempts = options.attempts ?? 4;
  const backoff = options.backoff ?? { baseMs: 150, maxMs: 5_000 };
  const timeoutMs = options.timeoutMs ?? 15_000;

  const send = async (path: string, init: RequestInit): Promise<Response> => {
    for (let tries = 1; ; tries += 1) {
      try {
        const response = await doFetch(options.baseUrl + path, { ...init, signal: AbortSignal.timeout(timeoutMs) });
        if (tries >= attempts || !PASSING.has(response.status)) return response;
        await sleep(Math.min(retryAfterMs(response) ?? waitMs(backoff, tries, Math.random()), 10_000));
      } catch (error) {
        if (tries >= attempts) throw error;
        await sleep(waitMs(backoff, tries, Math.random()));
      }
    }
  };

  const answer = async <T>(response: Response, parse: (body: unknown) => T): Promise<Answer<T>> => {
    if (!response.ok) throw await asProblem(response);
    return { value: parse(await readBody(response)), status: response.status, etag: response.headers.get("etag") };
  };

  return {
    get: async ({ path, parse }) =>
      answer(await send(path, { method: "GET", headers: { ...options.headers?.() } }), parse),
    command: async ({ path, parse, method, body, ifMatch, idempotencyKey }) => {
      const headers: Record<string, string> = { ...options.headers?.() };
      headers["idempotency-key"] = idempotencyKey ?? newKey();
      if (ifMatch !== undefined) headers["if-match"] = ifMatch;
      if (body !== undefined) headers["content-type"] = "application/json";
      const content = body === undefined ? {} : { body: JSON.stringify(body) };
      return answer(await send(path, { method, headers, ...content }), parse);
    },
  };
};
