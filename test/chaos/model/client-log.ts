import { appendFileSync } from "node:fs";

/** What a client asked for, under which key. Repeats of one key are entries of their own. */
export interface Asked {
  readonly entry: "asked";
  readonly key: string;
  /** `post`, `accept`…: see commands.ts. */
  readonly command: string;
  readonly method: string;
  readonly path: string;
  /** The offer, agreement or request that it is about; empty where it makes something new. */
  readonly about: string;
  readonly body: unknown;
}

/** A final answer to one try: what the client took for done, or refused. Passing ones (429, 5xx) are not final. */
export interface Answered {
  readonly entry: "answered";
  readonly key: string;
  readonly command: string;
  readonly status: number;
  readonly body: unknown;
}

/** The client gave a key up without a final answer: it may or may not have been carried out. */
export interface GaveUp {
  readonly entry: "gave-up";
  readonly key: string;
  readonly why: string;
}

/** A connection of the stream: where it resumed, and every event frame that came over it. */
export interface Resumed {
  readonly entry: "resumed";
  readonly connection: number;
  readonly after: number;
}
export interface Received {
  readonly entry: "frame";
  readonly connection: number;
  readonly offset: number;
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}
export interface Reset {
  readonly entry: "reset";
  readonly connection: number;
}

/** A connection ended, by which code of RFC 6455 or of ours. */
export interface Closed {
  readonly entry: "closed";
  readonly connection: number;
  readonly code: number;
}

/** What the client says of its own line: connecting, live, reconnecting. */
export interface LineState {
  readonly entry: "line";
  readonly state: string;
}

/** What the desk showed when it was read afresh. */
export interface Shown {
  readonly entry: "shown";
  readonly offset: number;
  readonly waiting: readonly { readonly id: string; readonly slots: readonly string[] }[];
  readonly requests: readonly { readonly reference: string; readonly looking: number }[];
}

export type LogEntry = Asked | Answered | GaveUp | Resumed | Received | Reset | Closed | LineState | Shown;

/** What one client did and saw, in its order. Nothing is ever taken back. */
export interface ClientLog {
  readonly code: string;
  readonly userId: string;
  readonly kind: string;
  readonly entries: readonly LogEntry[];
  write(entry: LogEntry): void;
  /** Writes everything to `folder`, one entry a line and when it was written, for whoever looks into a violation. */
  keep(folder: string): void;
}

export const openClientLog = (who: {
  readonly code: string;
  readonly userId: string;
  readonly kind: string;
}): ClientLog => {
  const entries: LogEntry[] = [];
  const writtenAt: string[] = [];
  return {
    ...who,
    entries,
    write: (entry) => {
      entries.push(entry);
      writtenAt.push(new Date().toISOString());
    },
    keep: (folder) =>
      appendFileSync(
        `${folder}/client-${who.kind}-${who.code}.jsonl`,
        entries.map((entry, at) => `${JSON.stringify({ at: writtenAt[at], ...entry })}\n`).join(""),
      ),
  };
};

export const entriesOf = <K extends LogEntry["entry"]>(
  log: ClientLog,
  kind: K,
): Extract<LogEntry, { readonly entry: K }>[] => {
  const is = (entry: LogEntry): entry is Extract<LogEntry, { readonly entry: K }> => entry.entry === kind;
  return log.entries.filter(is);
};
