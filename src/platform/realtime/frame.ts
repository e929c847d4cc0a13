import type { LoggedEvent } from "../event-log/event-log.ts";

/** One event as the bytes that go over the wire: made once for all who get it. */
export interface Frame {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Frames that follow one on another. */
export interface Batch {
  readonly frames: readonly Frame[];
  /** The offset before the first: whoever stands here gets `bytes`, and nothing has to be skipped. */
  readonly after: number;
  readonly last: number;
  /** All of them in one piece. */
  readonly bytes: Buffer;
}

/** FIN and the opcode of text: no frame of this service is in pieces, compressed or, coming from a server, masked. */
const WHOLE_TEXT = 0x81;

/** A text as one WebSocket frame (RFC 6455, 5.2), header and all, so that sending it is one write of the same bytes. */
export const framed = (text: string): Buffer => {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(header + length);
  bytes[0] = WHOLE_TEXT;
  if (header === 2) bytes[1] = length;
  else if (header === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  bytes.write(text, header, "utf8");
  return bytes;
};

/** The message of rule S1. */
const toFrame = ({ offset, id, type, at, data }: LoggedEvent): Frame => ({
  offset,
  bytes: framed(JSON.stringify({ offset, id, type, at: at.toISOString(), data })),
});

/** Undefined for no events. They must follow one on another. */
export const toBatch = (events: readonly LoggedEvent[]): Batch | undefined => {
  const frames = events.map(toFrame);
  const [first] = frames;
  const last = frames.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const bytes = first === last ? first.bytes : Buffer.concat(frames.map((frame) => frame.bytes));
  return { frames, after: first.offset - 1, last: last.offset, bytes };
};

/** What of a batch comes after an offset. */
export const bytesAfter = ({ frames, after, bytes }: Batch, offset: number): Buffer => {
  if (offset <= after) return bytes;
  return Buffer.concat(frames.filter((frame) => frame.offset > offset).map((frame) => frame.bytes));
};
