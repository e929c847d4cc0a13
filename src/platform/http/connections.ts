import type { Server } from "node:http";
import type { Socket } from "node:net";
import { problem } from "./problem.ts";

/*
 * What one connection may cost before anybody knows who it is: how long it may take to say what it wants, how much it may
 * say before that, and how many there may be.
 */

/** A slow line needs one second for its headers; whoever takes longer holds a place open on purpose. */
export const HEADERS_WITHIN_MS = 15_000;

/** Given to Node's HTTP server when it is made. Node takes the longer of both times if headers may take more than all. */
export const parserLimits = (headersWithinMs: number) => ({
  /** Bytes of a request's first line and headers together; beyond it 431. */
  maxHeaderSize: 16 * 1024,
  /** Also for whoever connects and says nothing at all; 408. */
  headersTimeout: headersWithinMs,
  /** How often Node looks for connections whose time is up. */
  connectionsCheckingInterval: Math.min(2_000, headersWithinMs / 2),
});

export interface ConnectionLimits {
  /** Connections of this process; below what the operating system lets it open, because the database needs some too. */
  readonly max: number;
  /** Of one address. Undefined behind a proxy, from which all of them come. */
  readonly maxPerAddress: number | undefined;
}

export const DEFAULT_CONNECTIONS: ConnectionLimits = { max: 12_000, maxPerAddress: 4_000 };

const MAX_HEADERS = 100;
const RETRY_SECONDS = 10;

/** Raw, because no request has been read yet. */
const refuse = (socket: Socket): void => {
  const body = JSON.stringify(
    problem(429, "too-many-connections", "There are too many connections from this address.", {
      retryAfterSeconds: RETRY_SECONDS,
    }),
  );
  socket.on("error", () => undefined);
  socket.end(
    `HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Retry-After: ${RETRY_SECONDS}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroySoon(),
  );
};

/** Counts the connections of each address, streams included: a socket that was upgraded is still a socket. */
export const limitConnections = (server: Server, { max, maxPerAddress }: ConnectionLimits): void => {
  server.maxConnections = max;
  server.maxHeadersCount = MAX_HEADERS;
  if (maxPerAddress === undefined) return;
  const open = new Map<string, Place>();
  server.on("connection", (socket) => {
    const address = socket.remoteAddress ?? "";
    const place = open.get(address) ?? placeOf(open, address);
    if (place.count >= maxPerAddress) {
      refuse(socket);
      return;
    }
    open.set(address, place);
    place.count += 1;
    socket.on("close", place.leave);
  });
};

/** One address; `leave` is shared by all its sockets, of which there may be thousands. */
interface Place {
  count: number;
  readonly leave: () => void;
}

const placeOf = (open: Map<string, Place>, address: string): Place => {
  const place: Place = {
    count: 0,
    leave: () => {
      place.count -= 1;
      if (place.count === 0) open.delete(address);
    },
  };
  return place;
};
