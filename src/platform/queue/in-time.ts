export interface Closable {
  close(): Promise<void>;
  disconnect(): Promise<void>;
}

/** Whether `work` was done in time; where it fails, so does this. */
export const isDoneWithin = async (work: Promise<unknown>, ms: number): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Closes in order; what does not answer within `graceMs` (its server is gone) is cut off. */
export const closeWithin = async (thing: Closable, graceMs: number): Promise<void> => {
  const isClosed = await isDoneWithin(
    thing.close().catch(() => undefined),
    graceMs,
  );
  // Not awaited: disconnecting can itself wait for a server that does not answer.
  if (!isClosed) void thing.disconnect().catch(() => undefined);
};
