import { place, remove, type State } from "./state.ts";

/** What a move has changed, so that it can be taken back: each need once, with its former place. */
export interface Journal {
  /** How many needs are noted; the columns hold them in order of their first change. */
  count: number;
  readonly needs: Int32Array;
  readonly edges: Int32Array;
  readonly slots: Int32Array;
  /** 1 for needs that are noted. */
  readonly isNoted: Uint8Array;
}

export const emptyJournal = (needCount: number): Journal => ({
  count: 0,
  needs: new Int32Array(needCount),
  edges: new Int32Array(needCount),
  slots: new Int32Array(needCount),
  isNoted: new Uint8Array(needCount),
});

/** Remembers where a need is, before its first change. */
export const note = (journal: Journal, state: State, need: number): void => {
  if (journal.isNoted[need] === 1) return;
  const at = journal.count;
  journal.isNoted[need] = 1;
  journal.needs[at] = need;
  journal.edges[at] = state.edgeOf[need] ?? -1;
  journal.slots[at] = state.startOf[need] ?? -1;
  journal.count = at + 1;
};

/** Keeps what was changed. */
export const forget = (journal: Journal): void => {
  for (let at = 0; at < journal.count; at += 1) journal.isNoted[journal.needs[at] ?? 0] = 0;
  journal.count = 0;
};

/** Takes back everything since the journal was empty; whoever is back on the same block already is left there. */
export const rollBack = (journal: Journal, state: State): void => {
  const { needs, edges, slots, isNoted, count } = journal;
  const { edgeOf, startOf } = state;
  for (let at = 0; at < count; at += 1) {
    const need = needs[at] ?? 0;
    if (edgeOf[need] === edges[at] && startOf[need] === slots[at]) isNoted[need] = 0;
    else if ((edgeOf[need] ?? -1) >= 0) remove(state, need);
  }
  for (let at = 0; at < count; at += 1) {
    const need = needs[at] ?? 0;
    if (isNoted[need] === 0) continue;
    isNoted[need] = 0;
    const edge = edges[at] ?? -1;
    if (edge >= 0) place(state, need, edge, slots[at] ?? 0);
  }
  journal.count = 0;
};
