import type { Logger } from "../log/log.ts";

export interface WakeListener {
  /** These streams may have news. */
  onWake(streams: readonly string[]): void;
  /** The line was down and is up (again): anything may have been missed. */
  onConnected(): void;
}

/**
 * Tells processes that streams have news. Everything on it is a hint that may be lost, doubled or late: whoever is woken
 * reads the log, and reads it about once a second anyway.
 */
export interface WakeBus {
  /** Never throws and never waits. What this process publishes does not come back to its own listener. */
  publish(streams: readonly string[]): void;
  /** Starts listening; keeps the line up until `close`. */
  listen(listener: WakeListener): void;
  /** Whether everybody who listens is connected just now. */
  isReady(): boolean;
  close(): Promise<void>;
}

export interface WakeBusOptions {
  readonly kind: "redis" | "postgres";
  readonly url: string;
  /** Keeps several installations apart on one Redis. */
  readonly namespace?: string;
  readonly log: Logger;
}

/** What the buses share: who speaks, so that a process does not wake itself. */
export interface BusIdentity {
  readonly origin: string;
  readonly channel: string;
}
