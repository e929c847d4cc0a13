import type { Database } from "../../platform/db/database.ts";
import type { Told } from "../requests/index.ts";
import type { DueRow } from "./due.repository.ts";
import { toEarliest } from "./earliest.repository.ts";
import { readMembersView, readNeedsView, type NextDoorBreadth } from "./next-door.repository.ts";
import { restOf } from "./reach.repository.ts";
import { exclusionsIn, pairsOf, seenOf } from "./seeking.repository.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Wanted } from "./snapshot.service.ts";
import { countsByDay, membersOf } from "./supply.repository.ts";

/** What a plan sees that is about a post, before it is known whether there is one. */
export interface NextDoor {
  /** What is due in the group. */
  readonly due: readonly DueRow[];
  /** The needs that nobody is asked for. */
  readonly wanted: Wanted;
  readonly told: Told;
  /** What the practices next door could do for them; undefined where there are none, or its halves do not fit together. */
  readonly snapshot: Snapshot | undefined;
}

/**
 * Reads it in one round trip, half of it beside the other. Somebody may change a need between the halves: what they saw is
 * compared, and where it differs the plan reads again, as it does for everything but a post.
 */
export const readNextDoor = async (
  database: Pick<Database, "q" | "beside">,
  groupCode: string,
  breadth: NextDoorBreadth,
): Promise<NextDoor> => {
  const [view, { seen, members }] = await Promise.all([
    readNeedsView(database.q, groupCode, breadth),
    readMembersView(database.beside(), groupCode, breadth),
  ]);
  const { now, due, needs } = view;
  const isOne = seen.length === needs.length && needs.every((need) => seen.includes(seenOf(need)));
  return {
    due,
    wanted: { now, needs },
    told: { counted: view.counted, brokers: view.brokers.map(({ code }) => code) },
    snapshot:
      needs.length === 0 || !isOne
        ? undefined
        : {
            groupCode,
            now,
            restBeginsAtKm: restOf(view.rest),
            ...toEarliest(view.clinics, view.most ?? 0, now),
            members: membersOf(members),
            needs,
            movable: [],
            asks: [],
            ...exclusionsIn(view.excluded),
            paidHosts: pairsOf(view.paid),
            usedByDay: countsByDay(view.used),
          },
  };
};
