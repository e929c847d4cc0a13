import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { withoutSql } from "../db/sql-errors.ts";
import { wallClock } from "../clock/clock.ts";
import type { Logger } from "../log/log.ts";

/** One figure of a process, read whenever somebody asks. Names end in their unit; see Prometheus' naming rules. */
export interface GaugeSource {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

/** Figures that cost something to read: together, at most every few seconds. */
export interface CostlySource {
  readonly name: string;
  readonly help: string;
  /** Label names, where the figure has several values. */
  readonly labels?: readonly string[];
}

export interface Figure {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metrics {
  /** In Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
  readonly observeRequest: (labels: { method: string; route: string; status: string }, seconds: number) => void;
  readonly observeJob: (job: string, seconds: number, outcome: string) => void;
  readonly observeSweep: (sweeper: string, seconds: number, outcome: string) => void;
  addGauges(sources: readonly GaugeSource[]): void;
  /** `read` answers every figure at once; one that it leaves out is left out. Fails: all are, and `covershare_figures_up` is 0. */
  addCostly(sources: readonly CostlySource[], read: () => Promise<readonly Figure[]>): void;
}

/** From a database's round trip to a request's time limit. */
const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const FRESH_MS = 10_000;

/** The figures of this process. One for each process; tests make as many as they like. */
export const createMetrics = (log: Logger): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 10 });
  const requests = new Histogram({
    name: "covershare_http_request_seconds",
    help: "HTTP requests by route, from their arrival to the end of the answer.",
    labelNames: ["method", "route", "status"] as const,
    buckets: SECONDS,
    registers: [registry],
  });
  const jobs = new Histogram({
    name: "covershare_job_seconds",
    help: "Jobs that this process carried out.",
    labelNames: ["job", "outcome"] as const,
    buckets: SECONDS,
    registers: [registry],
  });
  const sweeps = new Histogram({
    name: "covershare_sweep_seconds",
    help: "Sweeps of this process: each finds what is due in the tables and does it.",
    labelNames: ["sweeper", "outcome"] as const,
    buckets: SECONDS,
    registers: [registry],
  });
  return {
    text: async () => registry.metrics(),
    contentType: registry.contentType,
    observeRequest: (labels, seconds) => requests.observe(labels, seconds),
    observeJob: (job, seconds, outcome) => jobs.observe({ job, outcome }, seconds),
    observeSweep: (sweeper, seconds, outcome) => sweeps.observe({ sweeper, outcome }, seconds),
    addGauges: (sources) => {
      for (const { name, help, read } of sources) {
        registry.registerMetric(
          new Gauge({
            name,
            help,
            registers: [],
            collect() {
              this.set(read());
            },
          }),
        );
      }
    },
    addCostly: (sources, read) => {
      const fresh = cached(async (): Promise<readonly Figure[] | undefined> => {
        try {
          return await read();
        } catch (error) {
          log.warn({ error: withoutSql(error).message }, "some figures could not be read");
          return undefined;
        }
      });
      registry.registerMetric(
        new Gauge({
          name: "covershare_figures_up",
          help: "1 while the figures that the database holds can be read.",
          registers: [],
          async collect() {
            this.set((await fresh()) === undefined ? 0 : 1);
          },
        }),
      );
      for (const { name, help, labels = [] } of sources) {
        registry.registerMetric(
          new Gauge({
            name,
            help,
            labelNames: labels,
            registers: [],
            async collect() {
              const figures = (await fresh()) ?? [];
              this.reset();
              // Without labels prom-client resets to nought, which would be a figure.
              if (!figures.some((figure) => figure.name === name)) this.remove();
              for (const figure of figures) if (figure.name === name) this.set({ ...figure.labels }, figure.value);
            },
          }),
        );
      }
    },
  };
};

/** One reading for all who ask within the next ten seconds. */
const cached = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let last: { readonly atMs: number; readonly value: Promise<T> } | undefined;
  return async () => {
    const nowMs = wallClock.monotonicMs();
    if (last === undefined || nowMs - last.atMs >= FRESH_MS) last = { atMs: nowMs, value: read() };
    return last.value;
  };
};
