import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { packageRoot } from "../../support/modules.ts";

/** What the federation's office brought in: every practice of the file with the list size of that time. */
export interface Imports {
  /** List sizes of the files that were tried, in order: each one more than the one before. */
  readonly tried: readonly number[];
  /** Of those of which the command said that they are in. */
  readonly acknowledged: readonly number[];
}

/** Somebody who imports the directory of practices by the command, again and again, one import at a time. */
export interface Office {
  readonly imports: Imports;
  /** Begins one, unless one is under way. */
  importNow(): void;
  isIdle(): boolean;
  close(): Promise<void>;
}

export const openOffice = (options: {
  readonly folder: string;
  /** Through a line that breaks like everybody's. */
  readonly databaseUrl: string;
  /** The file, with this list size in every row. */
  readonly fileOf: (listSize: number) => string;
  readonly firstListSize: number;
}): Office => {
  const imports = { tried: [] as number[], acknowledged: [] as number[] };
  let listSize = options.firstListSize;
  let child: ChildProcess | undefined;
  let work: Promise<void> | undefined;

  const bringIn = async (): Promise<void> => {
    listSize += 1;
    const file = path.join(options.folder, "practices.csv");
    await writeFile(file, options.fileOf(listSize));
    imports.tried.push(listSize);
    child = spawn(
      process.execPath,
      [path.join(packageRoot, "dist/bin/covershare.js"), "import", "practices", file, "--sharing-group", "group_code"],
      { env: { PATH: process.env["PATH"] ?? "", DATABASE_URL: options.databaseUrl }, stdio: "ignore" },
    );
    const exited: unknown[] = await once(child, "exit");
    if (exited[0] === 0) imports.acknowledged.push(listSize);
  };

  return {
    imports,
    importNow: () => {
      work ??= bringIn().finally(() => {
        work = undefined;
        child = undefined;
      });
    },
    isIdle: () => work === undefined,
    close: async () => {
      child?.kill("SIGKILL");
      await work;
    },
  };
};
