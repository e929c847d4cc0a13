import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { wallClock } from "../clock/clock.ts";
import type { Queryable } from "../db/database.ts";
import { withoutSql } from "../db/sql-errors.ts";
import { DomainError } from "../errors/domain-error.ts";
import type { Logger } from "../log/log.ts";
import { createFanOut, type OnFrames } from "./fan-out.ts";
import { closeCode } from "./protocol.ts";
import { defaultSessionSettings, Session, type SessionSettings, type StreamSocket } from "./session.ts";
import type { WakeBus } from "./wake-bus.ts";

/** Somebody who may follow one stream. Kept for as long as the socket, thousands of times: as little as will do. */
export interface Admission<A> {
  /** Whose right it is: handed back to `endedAmong`. */
  readonly who: A;
  readonly stream: string;
  /** For the limits. */
  readonly user: string;
  readonly address: string;
  readonly wantsHeartbeat: boolean;
}

export interface HubSettings extends SessionSettings {
  /** How often credentials are checked again; with the query it must stay well below five seconds (rule S2). */
  readonly checkEveryMs: number;
  /** How often heads are read in case a wake was lost. */
  readonly pollMs: number;
  readonly maxSocketsPerUser: number;
  /** Generous: a whole federation may come from one address of the health network. */
  readonly maxSocketsPerAddress: number;
}

export const defaultHubSettings: HubSettings = {
  ...defaultSessionSettings,
  checkEveryMs: 2_000,
  pollMs: 1_000,
  maxSocketsPerUser: 20,
  maxSocketsPerAddress: 2_000,
};

/** Credentials checked with one statement, so that nobody waits while thousands of rows are read. */
const CHECKED_AT_ONCE = 500;
/** When somebody with too many sockets may try again. */
const RETRY_SECONDS = 30;

export interface HubOptions<A> {
  readonly q: Queryable;
  readonly bus: WakeBus;
  /** Which of these may no longer listen: signed out, expired, revoked, or acting for somebody else by now. */
  readonly endedAmong: (who: readonly A[]) => Promise<readonly A[]>;
  readonly log: Logger;
  readonly settings?: Partial<HubSettings>;
  readonly onFrames?: OnFrames | undefined;
}

/** The live connections of one API process. */
export interface Hub<A> {
  /** Wakes the readers of these streams in this process, without the way round through the bus. */
  hint(streams: readonly string[]): void;
  /** Throws `too-many` where a user or an address has enough sockets. */
  mayConnect(user: string, address: string): void;
  /** Synchronous, so that no frame of the client is lost. False: there is no room any more, and the socket was sent away. */
  attach(socket: StreamSocket, line: Socket, admission: Admission<A>): boolean;
  /** How many sockets are open. */
  size(): number;
  /** How many offsets the stream that is furthest behind lacked a moment ago. */
  behind(): number;
  /** Sends everybody away with 1012 (rule S6); they come back with jitter. */
  close(): Promise<void>;
}

export const createHub = <A>(options: HubOptions<A>): Hub<A> => {
  const { log } = options;
  const settings: HubSettings = { ...defaultHubSettings, ...options.settings };
  const fanOut = createFanOut({ q: options.q, log, pollMs: settings.pollMs, onFrames: options.onFrames });
  const seats = new Map<Session, Admission<A>>();
  const perUser = createTally();
  const perAddress = createTally();
  let isClosing = false;

  options.bus.listen({ onWake: (streams) => fanOut.hint(streams), onConnected: () => fanOut.hintAll() });

  const ticking = setInterval(
    () => {
      for (const session of seats.keys()) session.tick();
    },
    Math.min(1_000, settings.pingEveryMs, settings.closeWithinMs),
  );

  const check = async (): Promise<void> => {
    if (seats.size === 0) return;
    try {
      const all = [...seats];
      for (let at = 0; at < all.length; at += CHECKED_AT_ONCE) {
        const some = all.slice(at, at + CHECKED_AT_ONCE);
        const ended = new Set(await options.endedAmong(some.map(([, { who }]) => who)));
        for (const [session, { who }] of some)
          if (ended.has(who)) session.close(closeCode.ended, "the session has ended: sign in");
      }
    } catch (error) {
      // Whoever cannot reach the database cannot be sent anything from it either.
      log.warn({ error: withoutSql(error).message }, "the credentials of open streams could not be checked");
    }
  };
  let checking: NodeJS.Timeout | undefined;
  const scheduleCheck = (): void => {
    checking = setTimeout(() => {
      void check().finally(() => {
        if (!isClosing) scheduleCheck();
      });
    }, settings.checkEveryMs);
  };
  scheduleCheck();

  const isFull = (user: string, address: string): boolean =>
    perUser.of(user) >= settings.maxSocketsPerUser || perAddress.of(address) >= settings.maxSocketsPerAddress;

  const onClosed = (session: Session): void => {
    const admission = seats.get(session);
    if (admission === undefined) return;
    seats.delete(session);
    perUser.add(admission.user, -1);
    perAddress.add(admission.address, -1);
  };
  const parts = { fanOut, settings, log, onClosed };

  return {
    hint: (streams) => fanOut.hint(streams),
    mayConnect: (user, address) => {
      if (isClosing) throw new DomainError("unavailable", "restarting", "This server is restarting. Connect again.");
      if (!isFull(user, address)) return;
      throw new DomainError("too-many", "too-many-streams", "There are too many live connections already.", {
        details: { retryAfterSeconds: RETRY_SECONDS },
      });
    },
    attach: (socket, line, admission) => {
      const { user, address, stream, wantsHeartbeat } = admission;
      if (isClosing || isFull(user, address)) {
        if (isClosing) socket.close(closeCode.restarting, "restarting: connect again");
        else socket.close(closeCode.busy, `too many live connections: come back in ${RETRY_SECONDS} seconds`);
        return false;
      }
      perUser.add(user, 1);
      perAddress.add(address, 1);
      seats.set(new Session(parts, { socket, line, stream, wantsHeartbeat }), admission);
      return true;
    },
    size: () => seats.size,
    behind: () => fanOut.behind(),
    close: async () => {
      if (isClosing) return;
      isClosing = true;
      clearTimeout(checking);
      for (const session of seats.keys()) session.close(closeCode.restarting, "restarting: connect again");
      const deadlineMs = wallClock.monotonicMs() + settings.closeWithinMs;
      while (seats.size > 0 && wallClock.monotonicMs() < deadlineMs) await delay(10);
      for (const session of seats.keys()) session.cut();
      clearInterval(ticking);
      fanOut.close();
    },
  };
};

const createTally = (): { of(key: string): number; add(key: string, by: number): void } => {
  const counts = new Map<string, number>();
  return {
    of: (key) => counts.get(key) ?? 0,
    add: (key, by) => {
      const count = (counts.get(key) ?? 0) + by;
      if (count > 0) counts.set(key, count);
      else counts.delete(key);
    },
  };
};
