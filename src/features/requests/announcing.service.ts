import type { Queryable, Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { unique } from "../../platform/lists/lists.ts";
import { brokersOf, brokerStreams } from "../practices/index.ts";
import { countRequests, type CountedRequest } from "./counts.repository.ts";
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

/** Where requests of a group stand, and who hears of it besides home. */
export interface Told {
  readonly counted: readonly CountedRequest[];
  readonly brokers: readonly string[];
}

/** For whoever is about to announce requests without changing the counts of R8. */
export const readTold = async (q: Queryable, groupCode: string, requestIds: readonly string[]): Promise<Told> => {
  const [counted, brokers] = await Promise.all([countRequests(q, unique(requestIds)), brokerStreams(q, groupCode)]);
  return { counted, brokers };
};

/** Tells home and these brokers where the requests stood when they were counted, as `request.changed`. */
export const announceCounted = (tx: Tx, { counted, brokers }: Told): void => {
  for (const { requestId: _, groupCode: __, ...data } of counted)
    for (const stream of unique([data.homeCode, ...brokers])) tx.emit(eventFor(requestChanged, stream, data));
};

/** Tells home and the brokers where these requests stand now. Call it last in a command: the counts are read when it is called. */
export const announceRequests = async (tx: Tx, requestIds: readonly string[]): Promise<void> => {
  for (const counted of await countRequests(tx.q, unique(requestIds)))
    announceCounted(tx, { counted: [counted], brokers: await brokersOf(tx, counted.groupCode) });
};

export const announceRequest = async (tx: Tx, requestId: string): Promise<void> => announceRequests(tx, [requestId]);

/** Tells home and the brokers that these needs came back uncovered (R7). */
export const announceReturned = async (tx: Tx, returned: readonly (Announced & { ref: string })[]): Promise<void> => {
  for (const { reference, homeCode, groupCode, ref } of returned) {
    for (const stream of await audience(tx, homeCode, groupCode))
      tx.emit(eventFor(needReturned, stream, { reference, homeCode, ref }));
  }
};
