import { z } from "zod";

/** What is said about a setting besides its rule; shown by `--help` and in the README. */
const about = z.object({
  meaning: z.string(),
  /** The default in words. */
  shownDefault: z.string(),
  /** True: the value never reaches a log or an error. */
  isSecret: z.boolean(),
});
type About = z.output<typeof about>;

const said = (meaning: string, shownDefault: string): About => ({ meaning, shownDefault, isSecret: false });
const secret = (meaning: string, shownDefault: string): About => ({ meaning, shownDefault, isSecret: true });

const whole = (least: number, most: number) =>
  z
    .string()
    .refine(
      (text) => /^\d{1,6}$/.test(text) && Number(text) >= least && Number(text) <= most,
      `must be a whole number from ${least} to ${most}`,
    )
    .transform(Number);

const seconds = (least: number, most: number) => whole(least, most).transform((value) => value * 1_000);

const hasProtocol = (text: string, protocols: readonly string[]): boolean =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol);

const origin = (text: string): boolean => hasProtocol(text, ["http:", "https:"]) && new URL(text).origin === text;

const list = (text: string): string[] =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

const ADDRESS = /^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/;

const HEADER = /^[A-Za-z0-9-]+=[\x21-\x7e]+$/;

/** The environment, one entry a variable. An empty variable counts as one that is not set. */
export const environmentSchema = z.object({
  DATABASE_URL: z
    .string()
    .refine(
      (text) => hasProtocol(text, ["postgres:", "postgresql:"]),
      "must look like postgres://user:password@host:5432/database",
    )
    .optional()
    .meta(secret("PostgreSQL 18 to use.", "Covershare starts its own")),
  DB_POOL_MAX: whole(2, 500)
    .prefault("20")
    .meta(
      said(
        "Database connections of each process at most; a matcher has two more for each job that it carries out at once.",
        "20",
      ),
    ),
  COVERSHARE_DATA_DIR: z
    .string()
    .prefault(".covershare")
    .meta(said("Folder of Covershare's own PostgreSQL, used without `DATABASE_URL`.", "`.covershare`")),
  REDIS_URL: z
    .string()
    .refine((text) => hasProtocol(text, ["redis:", "rediss:"]), "must look like redis://host:6379")
    .optional()
    .meta(
      secret(
        "Redis or Valkey (with `noeviction`) for the queue and wake-ups; each installation needs its own, or a database number of its own (`redis://host:6379/1`).",
        "the queue lies in PostgreSQL",
      ),
    ),
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/, "must be a host name or address")
    .prefault("127.0.0.1")
    .meta(said("Address to listen on; `0.0.0.0` for all.", "`127.0.0.1`")),
  PORT: whole(0, 65_535).prefault("4310").meta(said("Port to listen on; `0` takes any free one.", "4310")),
  PUBLIC_URL: z
    .string()
    .refine(origin, "must be an address without a path, such as https://cover.example.org")
    .optional()
    .meta(said("Where people reach Covershare. With https its cookies are `Secure`.", "`http://HOST:PORT`")),
  ALLOWED_ORIGINS: z
    .string()
    .prefault("")
    .transform(list)
    .refine((items) => items.every(origin), "must be addresses without a path, separated by commas")
    .meta(said("Other origins whose pages may send commands and follow the stream, separated by commas.", "none")),
  TRUST_PROXY: z
    .string()
    .prefault("")
    .transform(list)
    .refine(
      (items) => items.every((item) => ADDRESS.test(item)),
      "must be addresses or networks of proxies, separated by commas, such as 10.0.0.0/8",
    )
    .meta(said("Proxies whose `X-Forwarded-*` headers count: addresses or networks, separated by commas.", "none")),
  REQUEST_TIMEOUT_SECONDS: seconds(5, 600)
    .prefault("30")
    .meta(said("A request that takes longer is ended; its statements end two seconds earlier.", "30")),
  ADDRESS_REQUESTS_PER_MINUTE: whole(0, 999_999)
    .prefault("60000")
    .meta(
      said(
        "Requests of one address to one process; `0` for no limit. Generous: a whole federation may come from one address of the health network.",
        "60000",
      ),
    ),
  USER_REQUESTS_PER_MINUTE: whole(0, 999_999)
    .prefault("3000")
    .meta(said("Requests of one user to one process; `0` for no limit.", "3000")),
  ADDRESS_STREAMS: whole(1, 100_000)
    .prefault("2000")
    .meta(said("Live connections of one address to one process; HTTP connections may be twice as many.", "2000")),
  USER_STREAMS: whole(1, 1_000).prefault("20").meta(said("Live connections of one user to one process.", "20")),
  MAX_CONNECTIONS: whole(100, 500_000)
    .prefault("12000")
    .meta(
      said(
        "Connections of one process in all; stay some hundreds below the files that it may open (`ulimit -n`).",
        "12000",
      ),
    ),
  MATCHER_CONCURRENCY: whole(1, 64).prefault("8").meta(said("Jobs that a matcher carries out at once.", "8")),
  MATCHER_HEALTH_PORT: whole(0, 65_535)
    .optional()
    .meta(said("Port on which a matcher answers `/healthz`, `/readyz` and `/metrics`.", "it does not listen")),
  SWEEP_SECONDS: seconds(1, 60)
    .prefault("1")
    .meta(said("How often a matcher looks for due work that the queue missed.", "1")),
  DRAIN_SECONDS: seconds(0, 300)
    .prefault("0")
    .meta(
      said(
        "How long an api that was told to stop goes on working while `/readyz` says that it stops, so that a load balancer can take it out first.",
        "0",
      ),
    ),
  FALLBACK_DIR: z
    .string()
    .optional()
    .meta(
      said(
        "Folder for the hourly page of open needs, agreements and telephone numbers, for when everything is down: a matcher writes it, readable by its own user only; put it on a machine that works by itself.",
        "no page is written",
      ),
    ),
  SHUTDOWN_SECONDS: seconds(1, 300).prefault("10").meta(said("How long stopping may take.", "10")),
  SMTP_URL: z
    .string()
    .refine((text) => hasProtocol(text, ["smtp:", "smtps:"]), "must look like smtp://user:password@host:587")
    .optional()
    .meta(secret("Mail server that messages to practices go out by.", "no mail is sent, and pages say so")),
  MAIL_FROM: z
    .string()
    .regex(
      /^(?:[^<>"@\r\n]{1,60} <[^\s<>@"]+@[^\s<>@"]+>|[^\s<>@"]+@[^\s<>@"]+)$/,
      "must be an address, such as cover@example.org",
    )
    .optional()
    .meta(said("Who messages come from; refusals come back there.", "`no-reply@` the host of `PUBLIC_URL`")),
  VAPID_PRIVATE_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, "must be a key that `covershare admin vapid-keys` printed")
    .optional()
    .meta(
      secret("Key that signs messages to browsers (web push); `covershare admin vapid-keys` makes one.", "no push"),
    ),
  SECRETS_KEYS: z
    .string()
    .prefault("")
    .transform(list)
    .refine(
      (items) => items.every((item) => /^[A-Za-z0-9+/_-]{43}=?$/.test(item)),
      "must be keys of 32 bytes in base64, as `openssl rand -base64 32` prints, separated by commas",
    )
    .meta(
      secret(
        "Keys that the signing secrets of webhooks are sealed with in the database, separated by commas: the first seals, former ones only open; `openssl rand -base64 32` makes one. Keep them apart from backups, and do not lose them. Set them once every process is of a version that knows them.",
        "Covershare's own PostgreSQL: `secrets.key` beside the data, made by itself; with `DATABASE_URL`: they lie readable, and a warning says so",
      ),
    ),
  PUSH_SERVICES: z
    .string()
    .prefault("")
    .transform(list)
    .refine((items) => items.every(origin), "must be addresses without a path, separated by commas")
    .meta(said("Push services besides those of Apple, Google, Microsoft and Mozilla, separated by commas.", "none")),
  WEBHOOK_PRIVATE_ADDRESSES: z
    .enum(["yes", "no"], "must be yes or no")
    .prefault("no")
    .meta(
      said(
        "`yes`: webhooks may also go by http and to addresses inside your own network. Then whoever manages a practice can have Covershare post there.",
        "`no`",
      ),
    ),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,200}$/, "must be 16 to 200 visible characters")
    .optional()
    .meta(
      secret(
        "Prometheus reads `/metrics` of an api, and of a matcher at its health port, with this as its bearer token.",
        "there is no `/metrics`",
      ),
    ),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .refine((text) => hasProtocol(text, ["http:", "https:"]), "must look like http://collector:4318")
    .optional()
    .meta(said("OpenTelemetry collector (OTLP over HTTP) that traces are sent to.", "none are sent")),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .prefault("")
    .transform(list)
    .refine((items) => items.every((item) => HEADER.test(item)), "must be name=value pairs, separated by commas")
    .meta(secret("Headers for that collector, `name=value`, separated by commas.", "none")),
  OTEL_SERVICE_NAME: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,60}$/, "must be a name of letters, digits, dots and dashes")
    .prefault("covershare")
    .meta(said("What this installation is called in traces.", "`covershare`")),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"], "must be trace, debug, info, warn, error or silent")
    .prefault("info")
    .meta(said("How much is written to standard error, one JSON object a line.", "`info`")),
});

export type Environment = z.output<typeof environmentSchema>;

export interface DescribedSetting extends About {
  readonly name: string;
}

/** Every setting with its meaning and default, in the order of the README's table. */
export const describeConfig = (): DescribedSetting[] =>
  Object.entries(environmentSchema.shape).map(([name, schema]) => ({ name, ...about.parse(schema.meta()) }));
