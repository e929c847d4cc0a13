import { describeConfig, environmentSchema, type Environment } from "./environment.schema.ts";

export { describeConfig, type DescribedSetting } from "./environment.schema.ts";

/** What one caller may ask of one process. Requests a minute: 0 is no limit. */
export interface Limits {
  readonly addressRequestsPerMinute: number;
  readonly userRequestsPerMinute: number;
  readonly addressStreams: number;
  readonly userStreams: number;
  readonly connections: number;
}

/** How people are told who are not looking. */
export interface Reach {
  /** Undefined: no mail. */
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string;
  /** What links in messages begin with. */
  readonly publicUrl: string;
  /** Undefined: no push. */
  readonly vapidPrivateKey: string | undefined;
  /** Origins of push services that are allowed besides the well-known ones. */
  readonly pushServices: readonly string[];
}

/** Where the traces of requests go. */
export interface Tracing {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
}

/** Handed on in slices: nothing but the composition root sees the whole. Durations are milliseconds. */
export interface Config {
  readonly database: {
    /** Undefined: the embedded PostgreSQL of `dataDir`. */
    readonly url: string | undefined;
    readonly dataDir: string;
    readonly poolMax: number;
    /** Below the request timeout, so that nothing runs on for a caller who has gone. */
    readonly statementTimeoutMs: number;
  };
  /** Undefined: queue and wake-ups go through PostgreSQL. */
  readonly redisUrl: string | undefined;
  readonly http: {
    readonly host: string;
    /** 0 is any free one. */
    readonly port: number;
    /** Undefined: wherever it listens. */
    readonly publicUrl: string | undefined;
    readonly allowedOrigins: readonly string[];
    /** Whether browsers reach us by https: cookies are then Secure. */
    readonly isSecure: boolean;
    readonly trustProxy: readonly string[];
    readonly requestTimeoutMs: number;
    readonly limits: Limits;
  };
  readonly matcher: {
    readonly concurrency: number;
    readonly sweepEveryMs: number;
    /** Undefined: it does not listen. */
    readonly healthPort: number | undefined;
  };
  readonly reach: Reach;
  /** The first seals secrets in the database, the others only open them. */
  readonly secretsKeys: readonly Buffer[];
  readonly webhooks: {
    /** Also http and addresses that are not public. */
    readonly allowsPrivate: boolean;
  };
  /** Undefined: there is no `/metrics`. */
  readonly metricsToken: string | undefined;
  /** Undefined: traces stay in the logs. */
  readonly tracing: Tracing | undefined;
  /** Between the signal to stop and stopping. */
  readonly drainMs: number;
  /** Undefined: no page for when all is down is written. */
  readonly fallbackDir: string | undefined;
  readonly shutdownMs: number;
  readonly logLevel: Environment["LOG_LEVEL"];
}

/** Everything that is wrong with the environment, one line each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(["Some settings need changing:", ...problems.map((problem) => `  ${problem}`)].join("\n"));
    this.problems = problems;
  }
}

/**
 * Reads the environment.
 * @throws ConfigError with all problems at once; values of secrets are not repeated.
 */
export const loadConfig = (variables: Readonly<Record<string, string | undefined>>): Config => {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const secrets = new Set(
      describeConfig()
        .filter((setting) => setting.isSecret)
        .map((setting) => setting.name),
    );
    throw new ConfigError(
      parsed.error.issues.map((issue) => {
        const name = String(issue.path[0] ?? "");
        return `${name} ${issue.message}${secrets.has(name) ? "" : ` (it is "${given[name] ?? ""}")`}.`;
      }),
    );
  }
  return toConfig(parsed.data);
};

/** Without a public address, links lead to where it listens: good for trying, on this machine. */
const listeningUrl = ({ HOST, PORT }: Environment): string => {
  const name = ["0.0.0.0", "::"].includes(HOST) ? "localhost" : HOST.includes(":") ? `[${HOST}]` : HOST;
  return `http://${name}:${PORT}`;
};

const reachOf = (environment: Environment): Reach => {
  const publicUrl = environment.PUBLIC_URL ?? listeningUrl(environment);
  return {
    smtpUrl: environment.SMTP_URL,
    mailFrom: environment.MAIL_FROM ?? `no-reply@${publicUrl.replace(/^https?:\/\//, "").replace(/:\d+$/, "")}`,
    publicUrl,
    vapidPrivateKey: environment.VAPID_PRIVATE_KEY,
    pushServices: environment.PUSH_SERVICES,
  };
};

const tracingOf = (environment: Environment): Tracing | undefined => {
  const endpoint = environment.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return undefined;
  const headers = environment.OTEL_EXPORTER_OTLP_HEADERS.map((pair): [string, string] => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return { endpoint, headers: Object.fromEntries(headers), serviceName: environment.OTEL_SERVICE_NAME };
};

const toConfig = (environment: Environment): Config => ({
  database: {
    url: environment.DATABASE_URL,
    dataDir: environment.COVERSHARE_DATA_DIR,
    poolMax: environment.DB_POOL_MAX,
    statementTimeoutMs: environment.REQUEST_TIMEOUT_SECONDS - 2_000,
  },
  redisUrl: environment.REDIS_URL,
  http: {
    host: environment.HOST,
    port: environment.PORT,
    publicUrl: environment.PUBLIC_URL,
    allowedOrigins: [
      ...(environment.PUBLIC_URL === undefined ? [] : [environment.PUBLIC_URL]),
      ...environment.ALLOWED_ORIGINS,
    ],
    isSecure: environment.PUBLIC_URL?.startsWith("https:") ?? false,
    trustProxy: environment.TRUST_PROXY,
    requestTimeoutMs: environment.REQUEST_TIMEOUT_SECONDS,
    limits: {
      addressRequestsPerMinute: environment.ADDRESS_REQUESTS_PER_MINUTE,
      userRequestsPerMinute: environment.USER_REQUESTS_PER_MINUTE,
      addressStreams: environment.ADDRESS_STREAMS,
      userStreams: environment.USER_STREAMS,
      connections: environment.MAX_CONNECTIONS,
    },
  },
  matcher: {
    concurrency: environment.MATCHER_CONCURRENCY,
    sweepEveryMs: environment.SWEEP_SECONDS,
    healthPort: environment.MATCHER_HEALTH_PORT,
  },
  reach: reachOf(environment),
  secretsKeys: environment.SECRETS_KEYS.map((key) => Buffer.from(key, "base64")),
  webhooks: { allowsPrivate: environment.WEBHOOK_PRIVATE_ADDRESSES === "yes" },
  metricsToken: environment.METRICS_TOKEN,
  tracing: tracingOf(environment),
  drainMs: environment.DRAIN_SECONDS,
  fallbackDir: environment.FALLBACK_DIR,
  shutdownMs: environment.SHUTDOWN_SECONDS,
  logLevel: environment.LOG_LEVEL,
});
