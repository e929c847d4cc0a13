import { place, remove, type State } from "./state.ts";

/** What a move has changed, so that it can be taken back: each need once, with its former place. */
export interface Journal {
  readonly needs: number[];
  readonly edges: number[];
  readonly slots: number[];
  /** 1 for needs that are in the journal. */
  readonly isNoted: Uint8Array;
}

export const emptyJournal = (needCount: number): Journal => ({
  needs: [],
  edges: [],
  slots: [],
  isNoted: new Uint8Array(needCount),
});

/** Remembers where a need is, before its first change. */
export const note = (journal: Journal, state: State, need: number): void => {
  if (journal.isNoted[need] === 1) return;
  journal.isNoted[need] = 1;
  journal.needs.push(need);
  journal.edges.push(state.edgeOf[need] ?? -1);
  journal.slots.push(state.startOf[need] ?? -1);
};

/** Keeps what was changed. */
export const forget = (journal: Journal): void => {
  for (const need of journal.needs) journal.isNoted[need] = 0;
  journal.needs.length = 0;
  journal.edges.length = 0;
  journal.slots.length = 0;
};

/** Takes back everything since the journal was empty. */
export const rollBack = (journal: Journal, state: State): void => {
  for (const need of journal.needs) if ((state.edgeOf[need] ?? -1) >= 0) remove(state, need);
  for (let at = 0; at < journal.needs.length; at += 1) {
    const edge = journal.edges[at] ?? -1;
    if (edge >= 0) place(state, journal.needs[at] ?? 0, edge, journal.slots[at] ?? 0);
  }
  forget(journal);
};
