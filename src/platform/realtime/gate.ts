/** Lets work in, so much at once; the rest waits in order. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * When seven thousand desks come back at once, they must not take every database connection from those who are working:
 * behind a gate the storm takes its few and passes all the same.
 */
export const createGate = (most: number): Gate => {
  let inside = 0;
  const waiting: (() => void)[] = [];
  const enter = async (): Promise<void> => {
    if (inside < most) {
      inside += 1;
      return;
    }
    await new Promise<void>((resolve) => void waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    // The place is handed on, so `inside` stays as it is.
    if (next === undefined) inside -= 1;
    else next();
  };
  return async (work) => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
};
