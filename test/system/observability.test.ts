import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { aClinic, aPractice, aUser, freePort, openTestDatabase, startCovershare } from "../support/index.ts";
import { addressOf, until, type CovershareProcess, type TestDatabase } from "../support/index.ts";
import { bearer } from "../support/app.ts";
import { onBothBackends } from "./support/backends.ts";
import { apiOf, openDesk, post, type Desk } from "./support/desks.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const TOKEN = "for-the-tests-of-metrics";

const exported = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
            }),
          ),
        }),
      ),
    }),
  ),
});
type Seen = z.output<typeof exported>["resourceSpans"][number]["scopeSpans"][number]["spans"][number];

const logLine = z.looseObject({ msg: z.string(), traceId: z.string().optional(), requestId: z.string().optional() });

const linesOf = (running: CovershareProcess): z.output<typeof logLine>[] =>
  running
    .stderr()
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => logLine.parse(JSON.parse(line)));

/** Each process is a Node of its own; a collector of ours takes their spans. */
onBothBackends("what processes say about themselves", 9, ({ redisUrl }) => {
  let db: TestDatabase;
  let collector: Server;
  let spans: Seen[] = [];
  let processes: CovershareProcess[] = [];
  let desk: Desk | undefined;
  let environment: Record<string, string>;

  beforeEach(async () => {
    db = await openTestDatabase({ poolMax: 3 });
    // In opening hours: else nobody is asked (A6).
    await db.holdClock("2026-12-14T10:00:00Z");
    spans = [];
    processes = [];
    collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = exported.parse(JSON.parse(Buffer.concat(chunks).toString()));
        spans.push(...body.resourceSpans.flatMap((one) => one.scopeSpans.flatMap((scope) => scope.spans)));
        response.end("{}");
      });
    });
    collector.listen(0, "127.0.0.1");
    await once(collector, "listening");
    const address = collector.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    environment = {
      DATABASE_URL: db.url,
      PORT: "0",
      DB_POOL_MAX: "5",
      LOG_LEVEL: "debug",
      METRICS_TOKEN: TOKEN,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    };
  });
  afterEach(async () => {
    desk?.close();
    for (const running of processes) {
      if (running.child.exitCode === null && running.child.signalCode === null) running.signal("SIGKILL");
      await running.exited;
    }
    collector.close();
    await db.close();
  });

  const start = async (command: string, extra: Record<string, string> = {}): Promise<CovershareProcess> => {
    const running = await startCovershare([command], { ...environment, ...extra });
    processes.push(running);
    return running;
  };

  it(
    "one trace leads from the post through the job and the plan to the frame, in spans and in logs",
    { timeout: 90_000 },
    async () => {
      const api = await start("api");
      const healthPort = await freePort();
      const matcher = await start("matcher", { MATCHER_HEALTH_PORT: String(healthPort), SWEEP_SECONDS: "60" });
      const url = await addressOf(api);
      await until(() => matcher.stdout().includes("running"), { withinMs: 30_000, what: "the matcher runs" });
      const home = await aPractice(db);
      const host = await aPractice(db);
      await aClinic(db, { at: host.code, slots: 3 });
      desk = await openDesk(db, await aUser(db, { at: host.code }), { address: url });
      const headers = { ...(await bearer(db, await aUser(db, { at: home.code }))), "content-type": "application/json" };
      const posted = await fetch(`${url}/v1/cover-requests`, {
        method: "POST",
        headers: { ...headers, traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, "x-request-id": "the-post" },
        body: JSON.stringify({
          priority: "urgent",
          reason: "staff-absence",
          takeFirm: true,
          needs: [
            {
              service: "wound-simple",
              count: 1,
              minutes: 20,
              earliest: "2026-12-14T10:00:00Z",
              dueBy: "2026-12-17T18:30:00Z",
              requires: [],
              maxKm: 20,
            },
          ],
        }),
      });
      expect({ status: posted.status, id: posted.headers.get("x-request-id") }).toEqual({
        status: 201,
        id: "the-post",
      });
      const names = (): string[] => spans.filter(({ traceId }) => traceId === TRACE).map(({ name }) => name);
      const wanted = ["POST /v1/cover-requests", "job plan-group", "solve", "frame offer.made"];
      await until(() => wanted.every((name) => names().includes(name)), {
        withinMs: 20_000,
        what: `spans ${wanted.join(", ")}`,
      });
      const byName = (name: string): Seen | undefined =>
        spans.find((span) => span.traceId === TRACE && span.name === name);
      expect(byName("POST /v1/cover-requests")?.parentSpanId).toBe("00f067aa0ba902b7");
      expect(byName("job plan-group")?.parentSpanId).toBe(byName("POST /v1/cover-requests")?.spanId);
      expect(byName("solve")?.parentSpanId).toBe(byName("job plan-group")?.spanId);
      expect(byName("frame offer.made")?.parentSpanId).toBe(byName("job plan-group")?.spanId);
      // The same ids stand in the logs of both processes.
      expect(linesOf(api)).toContainEqual(
        expect.objectContaining({ msg: "answered", traceId: TRACE, requestId: "the-post" }),
      );
      expect(linesOf(api)).toContainEqual(expect.objectContaining({ msg: "sent", type: "offer.made", traceId: TRACE }));
      expect(linesOf(matcher)).toContainEqual(
        expect.objectContaining({ msg: "job", outcome: "done", traceId: TRACE, requestId: "the-post" }),
      );

      // And both give their figures to whoever has the token.
      const figures = async (address: string, token: string) =>
        fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${token}` } });
      for (const address of [url, `http://127.0.0.1:${healthPort}`]) {
        expect((await fetch(`${address}/metrics`)).status).toBe(404);
        expect((await figures(address, "not-the-token-at-all")).status).toBe(404);
      }
      const ofApi = await (await figures(url, TOKEN)).text();
      expect(ofApi).toMatch(
        /^covershare_http_request_seconds_count\{method="POST",route="\/v1\/cover-requests",status="201"\} 1$/m,
      );
      expect(ofApi).toMatch(/^covershare_sockets 1$/m);
      expect(ofApi).toMatch(/^covershare_offsets_behind 0$/m);
      expect(ofApi).toMatch(/^covershare_offers_waiting\{priority="urgent"\} 1$/m);
      expect(ofApi).toMatch(/^covershare_needs\{state="offered"\} 1$/m);
      expect(ofApi).toMatch(/^covershare_needs_at_risk 0$/m);
      expect(ofApi).toMatch(/^covershare_queue_jobs\{state="failed"\} 0$/m);
      expect(ofApi).toMatch(/^covershare_queue_oldest_waiting_seconds \d/m);
      expect(ofApi).toMatch(/^covershare_db_connections [1-5]$/m);
      expect(ofApi).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
      const ofMatcher = await (await figures(`http://127.0.0.1:${healthPort}`, TOKEN)).text();
      expect(ofMatcher).toMatch(/^covershare_job_seconds_count\{job="plan-group",outcome="done"\} [1-9]/m);
      expect(ofMatcher).toMatch(/^covershare_figures_up 1$/m);
    },
  );

  it("a sweep that does something begins a trace that leads to the frame", { timeout: 90_000 }, async () => {
    const api = await start("api");
    await start("matcher", { SWEEP_SECONDS: "1" });
    const url = await addressOf(api);
    const home = await aPractice(db);
    const host = await aPractice(db);
    await aClinic(db, { at: host.code, slots: 1 });
    desk = await openDesk(db, await aUser(db, { at: host.code }), { address: url });
    const { events } = desk;
    await post(await apiOf(db, await aUser(db, { at: home.code }), { address: url }), {
      priority: "asap",
      needs: [
        {
          service: "wound-simple",
          count: 1,
          minutes: 20,
          earliest: "2026-12-14T10:00:00Z",
          dueBy: "2026-12-17T18:30:00Z",
          requires: [],
          maxKm: 20,
        },
      ],
    });
    await until(() => events.some(({ type }) => type === "offer.made"), { withinMs: 30_000, what: "the offer" });
    await db.holdClock("2026-12-14T10:31:00Z");
    const lapse = (): Seen | undefined => spans.find(({ name }) => name === "sweep lapse");
    await until(
      () => spans.some(({ name, traceId }) => name === "frame offer.changed" && traceId === lapse()?.traceId),
      { withinMs: 30_000, what: "the span of the sweep, and of the frame that came of it" },
    );
    expect(spans.find(({ name }) => name === "frame offer.changed")?.parentSpanId).toBe(lapse()?.spanId);
  });

  it("says in words what is missing, and that it is stopping before it stops", { timeout: 60_000 }, async () => {
    const api = await start("api", { DRAIN_SECONDS: "2" });
    const url = await addressOf(api);
    const ready = async () => {
      const answer = await fetch(`${url}/readyz`);
      return { status: answer.status, text: await answer.text() };
    };
    await until(async () => (await ready()).text.includes('"without":[]'), { what: "all is there" });
    await db.q.execute(sql`update drizzle.__drizzle_migrations set created_at = created_at - 1e13`);
    const behind = await ready();
    expect({ status: behind.status, says: behind.text.includes("migrations behind") }).toEqual({
      status: 503,
      says: true,
    });
    await db.q.execute(sql`update drizzle.__drizzle_migrations set created_at = created_at + 1e13`);
    expect((await ready()).status).toBe(200);
    api.signal("SIGTERM");
    await until(async () => (await ready()).text.includes("this process is stopping"), {
      what: "it says that it stops",
    });
    // It still works meanwhile.
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await api.exited).toBe(0);
  });
});
