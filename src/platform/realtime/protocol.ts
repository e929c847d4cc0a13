import { z } from "zod";

/*
 * What goes over the stream (rules S1–S7), version covershare.v1. JSON text frames.
 *
 *   client                              server
 *   {"type":"resume","after":41}   →
 *                                  ←    {"offset":42,"id":…,"type":"offer.made","at":…,"data":{…}}   what was missed
 *                                  ←    {"type":"live"}                                              nothing was missed
 *                                  ←    {"offset":43,…}                                              as it happens
 *
 * or, when 41 is no longer known:  ←    {"type":"reset","offset":97}: read a snapshot, then resume after its offset.
 */

export const SUBPROTOCOL = "covershare.v1";

/** Why the server closes. 4400–4408 are ours, the others are those of RFC 6455 and its registry. */
export const closeCode = {
  /** Shutting down or restarting: reconnect after a random wait. */
  restarting: 1012,
  /** Something that is needed does not answer: reconnect later. */
  unavailable: 1011,
  /** Too many sockets: reconnect later. */
  busy: 1013,
  /** A frame that the protocol does not know, or none where one is due. */
  badFrame: 4400,
  /** The session or token has ended: sign in first. */
  ended: 4401,
  /** The reader does not keep up: reconnect and resume. */
  slow: 4408,
} as const;

/** Far beyond what one log can hold, and still exact in a double. */
const offset = z.int().min(0);

/** The only thing a client says. */
export const resumeFrame = z
  .strictObject({ type: z.literal("resume"), after: offset.describe("The last offset the client has; 0 for none.") })
  .describe("Asks for everything after an offset, then for what happens next.");

export const liveFrame = z
  .strictObject({ type: z.literal("live") })
  .describe("Everything up to now was sent; what follows is sent as it happens.");

export const resetFrame = z
  .strictObject({ type: z.literal("reset"), offset: offset.describe("The last offset of the log.") })
  .describe("The history asked for is not there. Read a snapshot and resume after the offset it was taken at.");

/** Only for clients that asked for it (`?heartbeat=1`): browsers cannot see the pings of RFC 6455. */
export const heartbeatFrame = z
  .strictObject({ type: z.literal("heartbeat"), offset: offset.describe("The last offset sent on this socket.") })
  .describe("The line is alive. Sent with every ping to clients that connect with ?heartbeat=1.");

/** One event of the log of the organisation acted for. */
export const eventFrame = z
  .strictObject({
    offset: z.int().min(1),
    id: z.uuid(),
    type: z.string().min(1),
    at: z.iso.datetime(),
    data: z.record(z.string(), z.unknown()),
  })
  .describe("Something changed. Offsets of one organisation are 1, 2, 3… without gaps.");

/** Reads what a client sent; undefined is a bad frame. */
export const readClientFrame = (text: string): z.output<typeof resumeFrame> | undefined => {
  try {
    const parsed = resumeFrame.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
};
