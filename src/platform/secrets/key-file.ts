import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { systemCode } from "../errors/system-code.ts";
import { newId } from "../ids/ids.ts";
import { KEY_BYTES } from "./sealer.ts";

const NAME = "secrets.key";

const readKey = async (file: string): Promise<Buffer | undefined> => {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
  const key = Buffer.from(text.trim(), "base64url");
  // Never made anew in its place: what it has sealed would be lost for good.
  if (key.length !== KEY_BYTES) throw new Error(`The file ${file} does not hold a key: put back the one that it held.`);
  return key;
};

/**
 * The key of an installation that has its data in a folder of its own: made once, readable by its user alone. It never has
 * half of a key in it, and of two processes that start at once both get the same.
 */
export const keyBeside = async (folder: string): Promise<Buffer> => {
  await mkdir(folder, { recursive: true });
  const file = join(folder, NAME);
  const there = await readKey(file);
  if (there !== undefined) return there;
  const draft = `${file}.${newId()}.tmp`;
  await writeFile(draft, `${randomBytes(KEY_BYTES).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  try {
    await link(draft, file);
  } catch (error) {
    // Another process was first.
    if (systemCode(error) !== "EEXIST") throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const made = await readKey(file);
  if (made === undefined) throw new Error(`The file ${file} went away while it was made.`);
  return made;
};
