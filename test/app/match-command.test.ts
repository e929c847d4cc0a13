import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../src/app/cli.ts";

const clinic = (id: string, practice: string) => ({
  id,
  practice,
  services: ["wound-simple"],
  channel: "in-person",
  provides: [],
  pledge: "ask",
  slotMinutes: 20,
  slots: [9, 10].map((hour) => ({ id: `${id}-${hour}`, start: `2026-12-21T${String(hour).padStart(2, "0")}:00:00Z` })),
});

/** A good file; each test spoils one thing in a copy of its own. */
const scenario = () => ({
  version: 1,
  name: "small",
  now: "2026-12-20T18:00:00Z",
  practices: ["A", "B"].map((id, at): Record<string, unknown> => ({
    id,
    lat: 54.9 + at / 100,
    lon: -1.6,
    pcn: "U1",
    federation: "F",
    listSize: 8_000,
    balanceMinutes: 0,
    accepting: true,
    dailyCap: null,
    provides: [],
  })),
  clinics: [clinic("K1", "B"), clinic("K2", "B")],
  requests: [
    {
      id: "R1",
      practice: "A",
      priority: "urgent",
      needs: ["R1-N01", "R1-N02"].map((id): Record<string, unknown> => ({
        id,
        service: "wound-simple",
        minutes: 20,
        earliest: "2026-12-21T08:00:00Z",
        dueBy: "2026-12-24T18:30:00Z",
        requires: [],
        maxKm: 20,
      })),
    },
  ],
});

const bad: readonly (readonly [what: string, text: () => string, told: RegExp])[] = [
  ["no JSON", () => "hello", /is not JSON/],
  ["half a file", () => JSON.stringify(scenario()).slice(0, 300), /is not JSON/],
  ["nothing", () => "", /is not JSON/],
  ["a number that is none", () => JSON.stringify(scenario()).replace("54.9", "NaN"), /is not JSON/],
  ["a list", () => "[]", /\n {2}\/: .*expected object/],
  ["another version", () => JSON.stringify({ ...scenario(), version: 2 }), /\n {2}\/version: .*expected 1/],
  [
    "a missing field",
    () => JSON.stringify(scenario(), (key, value: unknown) => (key === "dueBy" ? undefined : value)),
    /\n {2}\/requests\/0\/needs\/0\/dueBy: .*expected string/,
  ],
  [
    "a text for a number",
    () => JSON.stringify(scenario(), (key, value: unknown) => (key === "lon" ? "west" : value)),
    /\n {2}\/practices\/0\/lon: .*expected number/,
  ],
  ["an instant that is none", () => JSON.stringify({ ...scenario(), now: "tomorrow" }), /\n {2}\/now: .*datetime/],
  [
    "a slot twice",
    () => JSON.stringify(scenario()).replace("K2-10", "K1-9"),
    /\n {2}\/clinics\/1\/slots\/1\/id: the slot "K1-9" is there twice/,
  ],
  [
    "a clinic of an unknown practice",
    () => JSON.stringify({ ...scenario(), clinics: [clinic("K1", "B"), clinic("K2", "Z")] }),
    /\n {2}\/clinics\/1\/practice: there is no practice "Z" in this file/,
  ],
  [
    "a window that ends before it begins",
    () => JSON.stringify(scenario()).replace("2026-12-24T18:30:00Z", "2026-12-21T07:00:00Z"),
    /\n {2}\/requests\/0\/needs\/0\/dueBy: it must be later than earliest/,
  ],
  [
    "an unknown need that somebody is ruled out for",
    () => JSON.stringify({ ...scenario(), excluded: [["R1-N09", "B"]] }),
    /\n {2}\/excluded\/0\/0: there is no need "R1-N09" in this file/,
  ],
  [
    "an unknown practice that is ruled out",
    () => JSON.stringify({ ...scenario(), excluded: [["R1-N01", "Z"]] }),
    /\n {2}\/excluded\/0\/1: there is no practice "Z" in this file/,
  ],
  [
    "an unknown request with a place",
    () => JSON.stringify({ ...scenario(), paidHosts: [["R9", "B"]] }),
    /\n {2}\/paidHosts\/0\/0: there is no request "R9" in this file/,
  ],
  [
    "an unknown practice with a place",
    () => JSON.stringify({ ...scenario(), paidHosts: [["R1", "Z"]] }),
    /\n {2}\/paidHosts\/0\/1: there is no practice "Z" in this file/,
  ],
  [
    "a day of an unknown practice",
    () => JSON.stringify({ ...scenario(), usedByDay: { "Z|2026-12-21": 1 } }),
    /\n {2}\/usedByDay\/Z\|2026-12-21: there is no practice "Z" in this file/,
  ],
  [
    "a day that is none",
    () => JSON.stringify({ ...scenario(), usedByDay: { "B|Monday": 1 } }),
    /\n {2}\/usedByDay\/B\|Monday: a key is "practice\|YYYY-MM-DD"/,
  ],
];

describe("covershare match", () => {
  let folder = "";
  let file = "";
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "covershare-match-"));
    file = path.join(folder, "scenario.json");
  });
  afterAll(async () => rm(folder, { recursive: true }));

  const match = async (name: string) => {
    const told = { out: "", err: "" };
    const status = await runCli({
      args: ["match", name],
      environment: {},
      stdout: (text) => void (told.out += text),
      stderr: (text) => void (told.err += text),
      stopping: new AbortController().signal,
    });
    return { status, ...told };
  };

  it.each(bad)("says in one message what is wrong with %s, and ends with 2", async (_, text, told) => {
    await writeFile(file, text());
    const { status, out, err } = await match(file);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain(file);
    expect(err).toMatch(told);
    expect(err).not.toContain("    at ");
  });

  it("says that there is no such file, or that it is a folder", async () => {
    const none = await match(path.join(folder, "none.json"));
    expect({ status: none.status, out: none.out }).toEqual({ status: 2, out: "" });
    expect(none.err).toMatch(/Cannot read .*none\.json/);
    expect((await match(folder)).status).toBe(2);
  });

  it("reads what is ruled out, what a day already has and where a request already is", async () => {
    const day = { "A|2026-12-21": 1 };
    await writeFile(
      file,
      JSON.stringify({ ...scenario(), excluded: [["R1-N01", "B"]], usedByDay: day, paidHosts: [["R1", "B"]] }),
    );
    const { status, out } = await match(file);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ covered: 1, unassigned: [{ need: "R1-N01" }] });
  });

  it("reads a file with a byte order mark", async () => {
    await writeFile(file, `\uFEFF${JSON.stringify(scenario())}`);
    const { status, out } = await match(file);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ weight: 8, covered: 2, unassigned: [], truncated: false });
  });

  /** The command itself, in a process of its own and without any setting: it opens no database. */
  const run = async (name: string) => {
    const child = spawn(process.execPath, ["--import", "tsx", "src/bin/covershare.ts", "match", name], {
      env: { PATH: process.env["PATH"] ?? "" },
    });
    const told = { out: "", err: "" };
    child.stdout.on("data", (chunk: Buffer) => void (told.out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => void (told.err += chunk.toString()));
    const status = await new Promise<number | null>((resolve) => void child.on("close", (code) => resolve(code)));
    return { status, ...told };
  };

  it("M4: the real command prints one JSON document, or one message and status 2", { timeout: 60_000 }, async () => {
    await writeFile(file, JSON.stringify(scenario()));
    const good = await run(file);
    expect({ status: good.status, err: good.err }).toEqual({ status: 0, err: "" });
    expect(good.out.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(good.out)).toMatchObject({ weight: 8, covered: 2 });
    await writeFile(file, JSON.stringify({ ...scenario(), version: 2 }));
    const refused = await run(file);
    expect({ status: refused.status, out: refused.out }).toEqual({ status: 2, out: "" });
    expect(refused.err).toMatch(/\/version: .*expected 1/);
  });
});
