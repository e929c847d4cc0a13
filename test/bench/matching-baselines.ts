import { roomOn, scoreOf, type Block, type JudgedScenario } from "../features/matching/solver/judge.ts";

/** Takes blocks in the order given, as long as need, slots and day are free. */
const takeInTurn = (scenario: JudgedScenario, ordered: readonly Block[]) => {
  const covered = new Set<string>();
  const taken = new Set<string>();
  const days = new Map<string, number>();
  const chosen: Block[] = [];
  for (const block of ordered) {
    const { need, slots, day } = block;
    if (covered.has(need) || slots.some((slot) => taken.has(slot))) continue;
    if ((days.get(day) ?? 0) >= (roomOn(scenario, day) ?? Number.POSITIVE_INFINITY)) continue;
    chosen.push(block);
    covered.add(need);
    for (const slot of slots) taken.add(slot);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  return scoreOf(scenario, chosen);
};

const byCost = (a: Block, b: Block): number => a.cost - b.cost || ((a.slots[0] ?? "") < (b.slots[0] ?? "") ? -1 : 1);

/** First come: requests in the order of the file, each need takes its cheapest block. */
export const firstCome = (scenario: JudgedScenario, blocks: readonly Block[]) => {
  const turn = new Map(scenario.requests.flatMap(({ needs }) => needs.map(({ id }) => id)).map((id, at) => [id, at]));
  return takeInTurn(
    scenario,
    [...blocks].sort((a, b) => (turn.get(a.need) ?? 0) - (turn.get(b.need) ?? 0) || byCost(a, b)),
  );
};

/** Priority nearest: heaviest first, and among equals the cheapest block of any need first. */
export const priorityNearest = (scenario: JudgedScenario, blocks: readonly Block[]) =>
  takeInTurn(
    scenario,
    [...blocks].sort((a, b) => b.weight - a.weight || byCost(a, b)),
  );
