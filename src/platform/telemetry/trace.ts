import { AsyncLocalStorage } from "node:async_hooks";
import { wallClock } from "../clock/clock.ts";
import { newHex } from "../ids/ids.ts";

/*
 * Which request something is done for, from the HTTP request through the job to the frame: W3C trace contexts, kept beside
 * the call stack. Only logs and spans read them; no decision ever does.
 */

/** One finished piece of work. Ids in hex, instants in nanoseconds since 1970 as text (OTLP's form). */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startNs: string;
  readonly endNs: string;
  readonly attributes: Attributes;
  readonly isError: boolean;
}

export type SpanKind = "server" | "consumer" | "producer" | "internal";
export type Attributes = Readonly<Record<string, string | number>>;

/** Where finished spans go; never throws and never waits. */
export type SpanSink = (span: Span) => void;

/** What travels with a job or event: enough to go on with the trace elsewhere. */
export interface Carried {
  /** W3C: `00-<trace>-<span>-<flags>`. */
  readonly traceparent: string;
  readonly requestId?: string | undefined;
}

interface Trace {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly requestId: string | undefined;
  readonly sink: SpanSink | undefined;
  /** Whether anything was done in it or below it, as `noteWork` says. Shared with the work that it is part of. */
  readonly worked: { value: boolean };
}

const current = new AsyncLocalStorage<Trace>();

const PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

const parse = (traceparent: string | undefined): Pick<Trace, "traceId" | "spanId" | "isSampled"> | undefined => {
  const [, traceId = "", spanId = "", flags = ""] = PARENT.exec(traceparent ?? "") ?? [];
  if (traceId === "" || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
};

const format = ({ traceId, spanId, isSampled }: Trace): string => `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;

/** What to hand on to whatever goes on with this work in another process; undefined outside of any. */
export const carriedTrace = (): Carried | undefined => {
  const trace = current.getStore();
  if (trace === undefined) return undefined;
  return { traceparent: format(trace), ...(trace.requestId === undefined ? {} : { requestId: trace.requestId }) };
};

const fieldsOf = (trace: Trace | undefined): Readonly<Record<string, string>> => {
  if (trace === undefined) return {};
  return { traceId: trace.traceId, ...(trace.requestId === undefined ? {} : { requestId: trace.requestId }) };
};

/** The ids of the work at hand, for every log line. */
export const traceFields = (): Readonly<Record<string, string>> => fieldsOf(current.getStore());

/** The id of a carried trace, for a log line about something that came from elsewhere. */
export const traceIdOf = (traceparent: string | null | undefined): string | undefined =>
  parse(traceparent ?? undefined)?.traceId;

/** Says that the work at hand changed something or sent something: whoever looks again and again is seen only then. */
export const noteWork = (): void => {
  const trace = current.getStore();
  if (trace !== undefined) trace.worked.value = true;
};

export interface SpanOptions {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes?: Attributes;
  /** From elsewhere; without it the work at hand is the parent, and without that a new trace begins. */
  readonly from?: Carried | undefined;
  /** Undefined: that of the parent. */
  readonly sink?: SpanSink | undefined;
}

/** A piece of work that has begun. `run` does things within it; `end` finishes it, once. */
export interface OpenSpan {
  readonly fields: Readonly<Record<string, string>>;
  run<T>(work: () => T): T;
  /** Whether anything was noted as done within it. */
  hasWorked(): boolean;
  end(outcome?: { readonly name?: string; readonly attributes?: Attributes; readonly isError?: boolean }): void;
}

/** The wall clock moves in milliseconds; what elapsed is measured by the monotonic one. */
const nanoseconds = (ms: number): string => BigInt(Math.round(ms * 1_000)).toString() + "000";

export const beginSpan = (options: SpanOptions): OpenSpan => {
  const around = current.getStore();
  const parent = options.from === undefined ? around : parse(options.from.traceparent);
  const trace: Trace = {
    traceId: parent?.traceId ?? newHex(32),
    spanId: newHex(16),
    isSampled: parent?.isSampled ?? true,
    requestId: options.from === undefined ? around?.requestId : options.from.requestId,
    sink: options.sink ?? around?.sink,
    worked: options.from === undefined && around !== undefined ? around.worked : { value: false },
  };
  const startMs = wallClock.now().getTime();
  const begunMs = wallClock.monotonicMs();
  let isOpen = true;
  return {
    fields: fieldsOf(trace),
    run: (work) => current.run(trace, work),
    hasWorked: () => trace.worked.value,
    end: ({ name = options.name, attributes = {}, isError = false } = {}) => {
      if (!isOpen) return;
      isOpen = false;
      if (!trace.isSampled || trace.sink === undefined) return;
      trace.sink({
        traceId: trace.traceId,
        spanId: trace.spanId,
        parentSpanId: parent?.spanId,
        name,
        kind: options.kind,
        startNs: nanoseconds(startMs),
        endNs: nanoseconds(startMs + wallClock.monotonicMs() - begunMs),
        attributes: { ...options.attributes, ...attributes },
        isError,
      });
    },
  };
};

/** Does `work` as one span, which ends with it. */
export const inSpan = async <T>(options: SpanOptions, work: () => Promise<T>): Promise<T> => {
  const span = beginSpan(options);
  try {
    const result = await span.run(work);
    span.end();
    return result;
  } catch (error) {
    span.end({ isError: true });
    throw error;
  }
};
