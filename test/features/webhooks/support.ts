import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { Webhook } from "standardwebhooks";
import { z } from "zod";
import { openCourier } from "../../../src/app/webhooks.ts";
import type { Courier } from "../../../src/features/webhooks/index.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { createPoster } from "../../../src/platform/outbound/poster.ts";
import { createSealer, type Sealer } from "../../../src/platform/secrets/sealer.ts";
import type { TestDatabase } from "../../support/index.ts";

export const body = z.strictObject({
  type: z.string(),
  timestamp: z.iso.datetime(),
  organisation: z.string(),
  offset: z.number().optional(),
  data: z.record(z.string(), z.unknown()),
});

export interface Arrived {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly body: z.output<typeof body>;
}

export interface Receiver {
  readonly url: string;
  readonly arrived: Arrived[];
  /** What the next messages are answered with; then 204. A number is a status; a function decides about the whole answer. */
  answers: (number | { readonly status: number; readonly headers: Record<string, string> } | "hang")[];
  offsets(): (number | undefined)[];
  close(): Promise<void>;
}

/** A customer's own tool: a real HTTP server that writes down what arrives. */
export const openReceiver = async (): Promise<Receiver> => {
  const arrived: Arrived[] = [];
  const receiver: { answers: Receiver["answers"] } = { answers: [] };
  const server: Server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const raw = Buffer.concat(chunks).toString("utf8");
      const { headers } = request;
      arrived.push({ id: String(headers["webhook-id"]), headers, raw, body: body.parse(JSON.parse(raw)) });
      const answer = receiver.answers.shift() ?? 204;
      if (answer === "hang") return;
      const { status, headers: more } = typeof answer === "number" ? { status: answer, headers: {} } : answer;
      reply.writeHead(status, more).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${port}/covershare`,
    arrived,
    offsets: () => arrived.map((one) => one.body.offset),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
};

/** By the standard's own library; throws where the signature, or the timestamp, is not right. */
export const verify = (secret: string, { headers, raw }: Arrived): unknown =>
  new Webhook(secret).verify(raw, {
    "webhook-id": String(headers["webhook-id"]),
    "webhook-timestamp": String(headers["webhook-timestamp"]),
    "webhook-signature": String(headers["webhook-signature"]),
  });

export const openTestCourier = (
  db: TestDatabase,
  options: { timeoutMs?: number; leaseMs?: number; sealer?: Sealer } = {},
): Courier => {
  const { timeoutMs = 2_000, leaseMs = 3_000, sealer = createSealer([]) } = options;
  const poster = createPoster({ allowsPrivate: true, timeoutMs });
  return openCourier({ database: db.database, log: silentLogger, poster, leaseMs, sealer });
};
