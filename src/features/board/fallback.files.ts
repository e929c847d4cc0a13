import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "../../platform/ids/ids.ts";
import { pageStem as nameOf } from "./fallback.rules.ts";
import type { PageFolder } from "./fallback.service.ts";

/** Two days of hours: older pages mislead more than they help. */
const KEPT = 48;

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Nobody but the service's user may read it, and nobody ever reads half of it. */
const writeWhole = async (path: string, content: string): Promise<void> => {
  const draft = `${path}.${newId()}.tmp`;
  try {
    await writeFile(draft, content, { mode: 0o600, flag: "wx", flush: true });
    // An unusual umask must not open it, nor take it from its owner.
    await chmod(draft, 0o600);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
};

const prune = async (folder: string, groupName: string): Promise<void> => {
  const pages = (await readdir(folder))
    .filter((name) => name.startsWith(`${groupName}-2`) && name.endsWith("Z.html"))
    .toSorted();
  for (const old of pages.slice(0, Math.max(0, pages.length - KEPT))) await rm(join(folder, old), { force: true });
};

/** Pages by hour, `covershare-93C-2026-12-21T09Z.html`, and the latest as `covershare-93C.html`. */
export const openPageFolder = (folder: string): PageFolder => ({
  has: async (groupCode, hour) => exists(join(folder, `${nameOf(groupCode)}-${hour}.html`)),
  put: async (groupCode, hour, html) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const name = nameOf(groupCode);
    // The latest first: whoever dies in between writes both again.
    await writeWhole(join(folder, `${name}.html`), html);
    await writeWhole(join(folder, `${name}-${hour}.html`), html);
    await prune(folder, name);
  },
});
