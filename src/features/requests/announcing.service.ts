import type { Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { unique } from "../../platform/lists/lists.ts";
import { brokersOf } from "../practices/index.ts";
import { countRequests } from "./counts.repository.ts";
import { needReturned, requestChanged, requestPosted } from "./requests.events.ts";

/** The logs in which news of a request stands: home's, and those of the group's federations. */
const audience = async (tx: Tx, homeCode: string, groupCode: string): Promise<string[]> => [
  ...new Set([homeCode, ...(await brokersOf(tx, groupCode))]),
];

export interface Announced {
  readonly reference: string;
  readonly homeCode: string;
  readonly groupCode: string;
}

/** Tells these logs that a request was posted; an organisation that is named twice hears once. */
export const announcePosted = (
  tx: Tx,
  streams: readonly string[],
  data: ReturnType<typeof requestPosted.data.parse>,
): void => {
  tx.emit(...unique(streams).map((stream) => eventFor(requestPosted, stream, data)));
};

/**
 * Reads where these requests stand now and answers with what tells home and the brokers so, as `request.changed`: for a
 * command that knows before its end that the counts of R8 stay as they are.
 */
export const readAnnouncement = async (tx: Tx, requestIds: readonly string[]): Promise<() => void> => {
  const counted = await countRequests(tx.q, unique(requestIds));
  const brokers = new Map<string, readonly string[]>();
  for (const groupCode of new Set(counted.map((request) => request.groupCode)))
    brokers.set(groupCode, await brokersOf(tx, groupCode));
  return () => {
    for (const { requestId: _, groupCode, ...data } of counted) {
      const streams = new Set([data.homeCode, ...(brokers.get(groupCode) ?? [])]);
      for (const stream of streams) tx.emit(eventFor(requestChanged, stream, data));
    }
  };
};

/** Tells home and the brokers where these requests stand now. Call it last in a command: the counts are read when it is called. */
export const announceRequests = async (tx: Tx, requestIds: readonly string[]): Promise<void> =>
  (await readAnnouncement(tx, requestIds))();

export const announceRequest = async (tx: Tx, requestId: string): Promise<void> => announceRequests(tx, [requestId]);

/** Tells home and the brokers that these needs came back uncovered (R7). */
export const announceReturned = async (tx: Tx, returned: readonly (Announced & { ref: string })[]): Promise<void> => {
  for (const { reference, homeCode, groupCode, ref } of returned) {
    for (const stream of await audience(tx, homeCode, groupCode))
      tx.emit(eventFor(needReturned, stream, { reference, homeCode, ref }));
  }
};
