import { entriesOf, type ClientLog, type Received } from "../../model/client-log.ts";
import { groupBy } from "../../../../src/platform/lists/lists.ts";
import { logsByStream, rule } from "../evidence.ts";
import type { EventRow } from "../facts.ts";

/** S3: 1, 2, 3… in each organisation's log, and the head says how many. */
export const offsetsAreContiguous = rule(
  "offsets-contiguous",
  "Each organisation's event log has the offsets 1, 2, 3… without gap or repeat (S3).",
  ({ facts }) => {
    const logs = logsByStream(facts);
    const heads = new Map(facts.heads.map(({ stream, last }) => [stream, last]));
    return [...new Set([...logs.keys(), ...heads.keys()])].flatMap((stream) => {
      const log = logs.get(stream) ?? [];
      const odd = log.findIndex(({ offset }, at) => offset !== at + 1);
      if (odd >= 0) return [`the log of ${stream} has offset ${log[odd]?.offset} where ${odd + 1} belongs`];
      const last = heads.get(stream) ?? 0;
      return last === log.length ? [] : [`the head of ${stream} says ${last}, and the log has ${log.length} events`];
    });
  },
);

const same = (frame: Received, event: EventRow | undefined): boolean =>
  event !== undefined &&
  frame.id === event.id &&
  frame.type === event.type &&
  JSON.stringify(frame.data) === JSON.stringify(event.data);

/** S4 for one connection: it goes on exactly where the client said that it was. */
const oddConnection = (log: ClientLog, connection: number, frames: readonly Received[]): string[] => {
  const after = entriesOf(log, "resumed").find((entry) => entry.connection === connection)?.after ?? 0;
  const odd = frames.findIndex(({ offset }, at) => offset !== after + at + 1);
  if (odd < 0) return [];
  return [
    `${log.code} resumed after ${after} on connection ${connection} and got ${frames[odd]?.offset} where ${after + odd + 1} belongs`,
  ];
};

/** S4: whatever happened to its lines, a client has received the whole log, in order, and nothing else. */
export const clientsReceiveEverything = rule(
  "received-complete",
  "Every client receives its organisation's log from the beginning, in order, without gap, each frame as it is stored (S4).",
  ({ logs, facts }) => {
    const byStream = logsByStream(facts);
    return logs.flatMap((log) => {
      const stored = byStream.get(log.code) ?? [];
      const frames = entriesOf(log, "frame");
      const broken = [...groupBy(frames, ({ connection }) => String(connection))].flatMap(([connection, some]) =>
        oddConnection(log, Number(connection), some),
      );
      const wrong = frames
        .filter((frame) => !same(frame, stored[frame.offset - 1]))
        .map(({ offset, type }) => `${log.code} received ${type} at offset ${offset}, which its log does not hold so`);
      const resets = entriesOf(log, "reset").map(
        () => `${log.code} was told to start afresh, though nothing was pruned`,
      );
      const had = new Set(frames.map(({ offset }) => offset));
      const missing = stored.filter(({ offset }) => !had.has(offset));
      const lost =
        missing.length === 0
          ? []
          : [
              `${log.code} never received ${missing.length} events of its log, the first at offset ${missing[0]?.offset}`,
            ];
      return [...broken, ...wrong, ...resets, ...lost];
    });
  },
);

/** Bad frame, session ended, and what the protocol itself refuses: nobody in a run gives cause for these. */
const UNCALLED = [1002, 1003, 1007, 1008, 1009, 4400, 4401];

/** S2, S5: a line is ended because it broke, the process stops or the reader is slow, and never with a reproach. */
export const closesHaveCause = rule(
  "closes-called-for",
  "No line is closed for a bad frame or an ended session while nobody sent one and no session ended (S2, S5).",
  ({ logs }) =>
    logs.flatMap((log) =>
      entriesOf(log, "closed").flatMap(({ code, connection }) =>
        UNCALLED.includes(code) ? [`connection ${connection} of ${log.code} was closed with ${code}`] : [],
      ),
    ),
);
