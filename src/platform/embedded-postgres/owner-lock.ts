import { link, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { newSpeakable } from "../ids/ids.ts";
import { ifPresent } from "./errors.ts";
import { systemCode } from "../errors/system-code.ts";
import { lifeOf } from "./processes.ts";

/*
 * Who owns the server of a data folder.
 *
 * Node has no flock, so the lock is a file `owner-<generation>.lock`. The file of the highest generation counts; it is
 * free if its writer said "released" or is no longer alive. Claiming means creating the next generation, which link(2)
 * grants to exactly one, content and all. A plain lock file that is deleted and made again cannot be taken over safely:
 * two processes that both saw the stale one can delete each other's new one. Here the highest generation is never
 * deleted and never reused, so a late claimer either finds its number taken or a higher one in place, and starts over.
 */

const holderSchema = z.object({ pid: z.number(), life: z.string(), released: z.boolean() });
type Holder = z.output<typeof holderSchema>;

export interface OwnerLock {
  release(): Promise<void>;
}

export type Claim =
  | { readonly won: true; readonly lock: OwnerLock }
  | { readonly won: false; readonly holderPid: number };

const NAME = /^owner-(\d+)\.lock$/;

const generations = async (folder: string): Promise<number[]> =>
  (await readdir(folder))
    .map((name) => NAME.exec(name)?.[1])
    .filter((text) => text !== undefined)
    .map(Number)
    .sort((left, right) => right - left);

const fileOf = (folder: string, generation: number): string => path.join(folder, `owner-${generation}.lock`);

const readHolder = async (file: string): Promise<Holder | undefined> => {
  const text = await ifPresent(readFile(file, "utf8"));
  if (text === undefined) return undefined;
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    // Torn by a power cut: its writer did not survive that.
    return undefined;
  }
};

const isHeld = async (holder: Holder): Promise<boolean> =>
  !holder.released && (await lifeOf(holder.pid)) === holder.life;

/** Claims the folder for this process without waiting. */
export const claimOwnership = async (folder: string): Promise<Claim> => {
  const life = await lifeOf(process.pid);
  if (life === undefined) throw new Error("This process cannot read its own start time.");
  const draft = path.join(folder, `owner-${process.pid}-${newSpeakable(8)}.tmp`);
  const write = (released: boolean): Promise<void> =>
    writeFile(draft, JSON.stringify({ pid: process.pid, life, released }), { mode: 0o600 });
  try {
    for (;;) {
      const [highest = 0] = await generations(folder);
      const holder = highest === 0 ? undefined : await readHolder(fileOf(folder, highest));
      if (holder !== undefined && (await isHeld(holder))) return { won: false, holderPid: holder.pid };
      const mine = highest + 1;
      await write(false);
      try {
        await link(draft, fileOf(folder, mine));
      } catch (error) {
        if (systemCode(error) === "EEXIST") continue;
        throw error;
      }
      const [top = 0, ...older] = await generations(folder);
      if (top > mine) {
        await rm(fileOf(folder, mine), { force: true });
        continue;
      }
      await Promise.all(older.map((generation) => rm(fileOf(folder, generation), { force: true })));
      return { won: true, lock: { release: () => release(write, draft, fileOf(folder, mine)) } };
    }
  } finally {
    await rm(draft, { force: true });
  }
};

const release = async (write: (released: boolean) => Promise<void>, draft: string, file: string): Promise<void> => {
  // The folder may have been removed meanwhile; then there is nothing to give back.
  await ifPresent(write(true).then(() => rename(draft, file)));
};
