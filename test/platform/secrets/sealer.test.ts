import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keyBeside } from "../../../src/platform/secrets/key-file.ts";
import { createSealer } from "../../../src/platform/secrets/sealer.ts";

const [former, present, foreign] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const SECRET = "whsec_c2VjcmV0IG9mIGEgd2ViaG9vaw==";

describe("sealing", () => {
  it("opens what it sealed, says nothing of it, and seals no two alike", () => {
    const sealer = createSealer([present]);
    const [one, other] = [sealer.seal(SECRET, "a"), sealer.seal(SECRET, "a")];
    expect([sealer.open(one, "a"), sealer.open(other, "a")]).toEqual([SECRET, SECRET]);
    expect(one).not.toBe(other);
    expect(one).toMatch(/^sealed:1:[0-9a-f]{12}:[A-Za-z0-9_-]+$/);
    for (const text of [SECRET, "c2VjcmV0", present.toString("hex").slice(0, 12)]) expect(one).not.toContain(text);
  });

  it("does not open elsewhere, changed in any place, cut off, or with another key", () => {
    const sealer = createSealer([present]);
    const sealed = sealer.seal(SECRET, "a");
    expect(sealer.open(sealed, "b")).toBeUndefined();
    expect(createSealer([foreign]).open(sealed, "a")).toBeUndefined();
    expect(createSealer([]).open(sealed, "a")).toBeUndefined();
    const at = sealed.lastIndexOf(":") + 1;
    const bytes = Buffer.from(sealed.slice(at), "base64url");
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(sealer.open(`${sealed.slice(0, at)}${changed.toString("base64url")}`, "a"), String(index)).toBeUndefined();
      expect(
        sealer.open(`${sealed.slice(0, at)}${bytes.subarray(0, index).toString("base64url")}`, "a"),
      ).toBeUndefined();
    }
    expect(sealer.open("sealed:1:nonsense", "a")).toBeUndefined();
  });

  it("opens what a former key sealed, and what was there before any; only the present key's is current", () => {
    const old = createSealer([former]).seal(SECRET, "a");
    const sealer = createSealer([present, former]);
    expect([sealer.open(old, "a"), sealer.open(SECRET, "a")]).toEqual([SECRET, SECRET]);
    expect([old, SECRET, sealer.seal(SECRET, "a")].map((stored) => sealer.isCurrent(stored))).toEqual([
      false,
      false,
      true,
    ]);
    const none = createSealer([]);
    expect([none.isSealing, none.seal(SECRET, "a"), none.isCurrent(SECRET)]).toEqual([false, SECRET, true]);
  });
});

describe("the key beside the data", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "covershare-key-"));
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  it("is made once, also by many at once, and only its user may read it", async () => {
    const data = join(folder, "data");
    const keys = await Promise.all(Array.from({ length: 8 }, async () => keyBeside(data)));
    expect(new Set(keys.map((key) => key.toString("hex"))).size).toBe(1);
    expect(keys[0]).toHaveLength(32);
    expect(await keyBeside(data)).toEqual(keys[0]);
    expect(await readdir(data)).toEqual(["secrets.key"]);
    expect((await stat(join(data, "secrets.key"))).mode & 0o777).toBe(0o600);
  });

  it("is never made anew where something else lies in its place", async () => {
    await writeFile(join(folder, "secrets.key"), "cut off");
    await expect(keyBeside(folder)).rejects.toThrow(/does not hold a key/);
    expect(await readFile(join(folder, "secrets.key"), "utf8")).toBe("cut off");
  });
});
