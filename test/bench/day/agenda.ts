/** What happens when: a queue in order of time, then of entry. Instants are milliseconds. */
export interface Agenda<T> {
  add(at: number, what: T): void;
  /** When the next thing happens; undefined when nothing does. */
  nextAt(): number | undefined;
  /** Takes out everything up to and including `at`, in order. */
  takeUntil(at: number): T[];
}

export const createAgenda = <T>(): Agenda<T> => {
  const entries: { at: number; what: T }[] = [];
  return {
    add: (at, what) => {
      let from = 0;
      let until = entries.length;
      while (from < until) {
        const middle = (from + until) >>> 1;
        if ((entries[middle]?.at ?? 0) <= at) from = middle + 1;
        else until = middle;
      }
      entries.splice(from, 0, { at, what });
    },
    nextAt: () => entries[0]?.at,
    takeUntil: (at) => {
      const found = entries.findIndex((entry) => entry.at > at);
      return entries.splice(0, found < 0 ? entries.length : found).map((entry) => entry.what);
    },
  };
};
