/** Each value once, in the order in which it first comes. */
export const unique = <T>(values: Iterable<T>): T[] => [...new Set(values)];

/** Items by a key of theirs: keys in the order in which they first come, the items of each in the order given. */
export const groupBy = <K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> => {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [item]);
    else known.push(item);
  }
  return groups;
};
