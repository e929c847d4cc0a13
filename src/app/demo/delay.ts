import { setTimeout as wait } from "node:timers/promises";

/** Waits. */
export const delay = async (milliseconds: number): Promise<void> => {
  await wait(milliseconds);
};
