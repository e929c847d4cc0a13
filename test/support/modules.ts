import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";

export const packageRoot = fileURLToPath(new URL("../../", import.meta.url));

/** Paths of the source files whose name ends so, in order: what guard tests walk, so that a new file is guarded without being listed. */
export const sourceFiles = async (suffix: string, folder = "src"): Promise<string[]> => {
  const entries = await readdir(path.join(packageRoot, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
};

const moduleSchema = z.looseObject({});

/** Everything that those files export. */
export const exportsOf = async (suffix: string): Promise<Record<string, unknown>> => {
  const all: Record<string, unknown> = {};
  for (const file of await sourceFiles(suffix)) {
    const loaded = moduleSchema.parse(await import(pathToFileURL(file).href));
    for (const [name, value] of Object.entries(loaded)) all[`${path.basename(file, ".ts")}:${name}`] = value;
  }
  return all;
};
