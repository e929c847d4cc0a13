export interface Closable {
  close(): Promise<void>;
  disconnect(): Promise<void>;
}

/** What `work` comes to, or undefined where it is not done in time; where it fails, so does this. */
export const within = async <T>(work: Promise<T>, ms: number): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Whether `work` was done in time; where it fails, so does this. */
export const isDoneWithin = async (work: Promise<unknown>, ms: number): Promise<boolean> =>
  (await within(
    work.then(() => true),
    ms,
  )) ?? false;

/** Closes in order; what does not answer within `graceMs` (its server is gone) is cut off. */
export const closeWithin = async (thing: Closable, graceMs: number): Promise<void> => {
  const isClosed = await isDoneWithin(
    thing.close().catch(() => undefined),
    graceMs,
  );
  // Not awaited: disconnecting can itself wait for a server that does not answer.
  if (!isClosed) void thing.disconnect().catch(() => undefined);
};
