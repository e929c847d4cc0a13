/** One event of the log of the organisation acted for. */
export interface StreamEvent {
  readonly offset: number;
  readonly id: string;
  readonly type: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type ServerFrame =
  | { readonly kind: "event"; readonly event: StreamEvent }
  | { readonly kind: "live" }
  | { readonly kind: "heartbeat" }
  | { readonly kind: "reset"; readonly offset: number };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Reads what the server sent. Undefined: not something this version of the client knows; a later server may say more. */
export const readServerFrame = (data: unknown): ServerFrame | undefined => {
  const frame = typeof data === "string" ? parse(data) : undefined;
  if (!isRecord(frame)) return undefined;
  const { type, offset, id, at, data: content } = frame;
  if (typeof id === "string") {
    const isEvent =
      typeof offset === "number" && typeof type === "string" && typeof at === "string" && isRecord(content);
    return isEvent ? { kind: "event", event: { offset, id, type, at, data: content } } : undefined;
  }
  if (type === "live" || type === "heartbeat") return { kind: type };
  if (type === "reset" && typeof offset === "number") return { kind: "reset", offset };
  return undefined;
};
