import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createOtlpExporter } from "../../../src/platform/telemetry/otlp.ts";
import { beginSpan, carriedTrace, inSpan, traceFields, type Span } from "../../../src/platform/telemetry/trace.ts";
import { createMetrics } from "../../../src/platform/telemetry/metrics.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { until } from "../../support/until.ts";

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

describe("traces", () => {
  it("go on from a traceparent, keep the request's id, and end with their work", async () => {
    const spans: Span[] = [];
    const sink = (span: Span): void => void spans.push(span);
    await inSpan({ name: "outer", kind: "server", from: { traceparent: PARENT, requestId: "r1" }, sink }, async () => {
      expect(traceFields()).toEqual({ traceId: "0af7651916cd43dd8448eb211c80319c", requestId: "r1" });
      await inSpan({ name: "inner", kind: "internal" }, async () => {
        expect(carriedTrace()?.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
      });
    });
    expect(traceFields()).toEqual({});
    const [inner, outer] = spans;
    expect(spans.map(({ name }) => name)).toEqual(["inner", "outer"]);
    expect(outer?.parentSpanId).toBe("b7ad6b7169203331");
    expect(inner?.parentSpanId).toBe(outer?.spanId);
    expect(BigInt(outer?.endNs ?? "0") >= BigInt(outer?.startNs ?? "1")).toBe(true);
  });

  it("begin anew where the header is none, and stay unexported where the caller does not sample", async () => {
    const spans: Span[] = [];
    const sink = (span: Span): void => void spans.push(span);
    for (const traceparent of ["", "nonsense", `00-${"0".repeat(32)}-b7ad6b7169203331-01`]) {
      beginSpan({ name: "new", kind: "server", from: { traceparent }, sink }).end();
    }
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(3);
    expect(spans.every(({ parentSpanId }) => parentSpanId === undefined)).toBe(true);
    const unsampled = beginSpan({
      name: "no",
      kind: "server",
      from: { traceparent: PARENT.replace(/01$/, "00") },
      sink,
    });
    unsampled.run(() => expect(carriedTrace()?.traceparent).toMatch(/-00$/));
    unsampled.end();
    expect(spans).toHaveLength(3);
  });

  it("mark work that failed", async () => {
    const spans: Span[] = [];
    const failing = inSpan({ name: "x", kind: "internal", sink: (span) => void spans.push(span) }, async () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(spans[0]?.isError).toBe(true);
  });
});

describe("OTLP", () => {
  let collector: Server;
  let answer = 200;
  const bodies: unknown[] = [];
  const headers: (string | undefined)[] = [];
  beforeAll(async () => {
    collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        headers.push(request.headers.authorization);
        if (answer === 200 && request.url === "/v1/traces") bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
        response.writeHead(answer, { "content-type": "application/json" }).end("{}");
      });
    });
    collector.listen(0, "127.0.0.1");
    await once(collector, "listening");
  });
  afterAll(() => void collector.close());

  const endpoint = (): string => {
    const address = collector.address();
    return `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`;
  };
  const settings = () => ({
    endpoint: endpoint(),
    headers: { authorization: "Bearer c" },
    serviceName: "cover-test",
    version: "1",
  });

  it("sends spans as the protocol has them, with the collector's headers", async () => {
    const exporter = createOtlpExporter(settings(), silentLogger);
    await inSpan(
      {
        name: "outer",
        kind: "server",
        from: { traceparent: PARENT },
        sink: exporter.sink,
        attributes: { a: "x", n: 3, f: 0.5 },
      },
      async () => undefined,
    );
    await exporter.close();
    expect(headers.at(-1)).toBe("Bearer c");
    const id = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`));
    const nanoseconds = z.string().regex(/^\d{19}$/);
    const sent = z
      .strictObject({
        resourceSpans: z.tuple([
          z.strictObject({
            resource: z.strictObject({ attributes: z.array(z.unknown()) }),
            scopeSpans: z.tuple([
              z.strictObject({
                scope: z.strictObject({ name: z.string(), version: z.string() }),
                spans: z.tuple([
                  z.strictObject({
                    traceId: id(32),
                    spanId: id(16),
                    parentSpanId: id(16),
                    name: z.literal("outer"),
                    kind: z.literal(2),
                    startTimeUnixNano: nanoseconds,
                    endTimeUnixNano: nanoseconds,
                    attributes: z.array(z.unknown()),
                    status: z.strictObject({}),
                  }),
                ]),
              }),
            ]),
          }),
        ]),
      })
      .parse(bodies.at(-1));
    expect(sent.resourceSpans[0].resource.attributes).toContainEqual({
      key: "service.name",
      value: { stringValue: "cover-test" },
    });
    expect(sent.resourceSpans[0].scopeSpans[0].spans[0].attributes).toEqual([
      { key: "a", value: { stringValue: "x" } },
      { key: "n", value: { intValue: "3" } },
      { key: "f", value: { doubleValue: 0.5 } },
    ]);
  });

  it("outlives a collector that refuses, and goes on when it takes spans again", async () => {
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };
    const exporter = createOtlpExporter(settings(), log);
    answer = 503;
    const before = headers.length;
    beginSpan({ name: "lost", kind: "internal", sink: exporter.sink }).end();
    await until(() => headers.length > before);
    answer = 200;
    beginSpan({ name: "kept", kind: "internal", sink: exporter.sink }).end();
    await exporter.close();
    expect(warnings).toEqual(["the OpenTelemetry collector takes no spans"]);
    expect(JSON.stringify(bodies.at(-1))).toContain("kept");
  });
});

describe("metrics", () => {
  it("read costly figures at most once in ten seconds, and leave them out while they cannot be read", async () => {
    const metrics = createMetrics(silentLogger);
    let reads = 0;
    metrics.addCostly(
      [
        { name: "covershare_a", help: "a" },
        { name: "covershare_b", help: "b", labels: ["kind"] },
      ],
      async () => {
        reads += 1;
        return [
          { name: "covershare_a", value: 0 },
          { name: "covershare_b", labels: { kind: "x" }, value: 2 },
        ];
      },
    );
    await metrics.text();
    const text = await metrics.text();
    expect(reads).toBe(1);
    expect(text).toMatch(/^covershare_a 0$/m);
    expect(text).toMatch(/^covershare_b\{kind="x"\} 2$/m);
    expect(text).toMatch(/^covershare_figures_up 1$/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    const broken = createMetrics(silentLogger);
    broken.addCostly([{ name: "covershare_a", help: "a" }], async () => {
      throw new Error("away");
    });
    expect(await broken.text()).not.toMatch(/^covershare_a /m);
    expect(await broken.text()).toMatch(/^covershare_figures_up 0$/m);
  });
});
