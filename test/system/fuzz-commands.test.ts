import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../src/app/cli.ts";
import { solveHere } from "../../src/features/matching/index.ts";
import { parseScenario, toAnswer } from "../../src/features/matching/scenario.schema.ts";
import { startCovershare } from "../support/index.ts";
import { attack, harmIn, MINUTES, SEED, TIMES } from "./support/harm.ts";
import { nasty, nastyValues, spoil } from "./support/nasty.ts";

const scenario = {
  version: 1,
  name: "small",
  now: "2026-12-20T18:00:00Z",
  practices: ["A", "B", "C"].map((id, n) => ({
    id,
    lat: 54.9 + n / 100,
    lon: -1.6,
    pcn: "P",
    federation: "F",
    listSize: 8_000,
    balanceMinutes: 0,
    accepting: true,
    dailyCap: 4,
    provides: ["step-free"],
  })),
  clinics: ["B", "C"].map((practice) => ({
    id: `K${practice}`,
    practice,
    services: ["wound-simple"],
    slotMinutes: 20,
    slots: [9, 10, 11].map((hour) => ({
      id: `K${practice}${hour}`,
      start: `2026-12-21T${String(hour).padStart(2, "0")}:00:00Z`,
    })),
  })),
  requests: [
    {
      id: "R1",
      practice: "A",
      priority: "urgent",
      needs: ["1", "2", "3"].map((n) => ({
        id: `R1-${n}`,
        service: "wound-simple",
        minutes: 20,
        earliest: "2026-12-21T08:00:00Z",
        dueBy: "2026-12-24T18:30:00Z",
        requires: [],
        maxKm: 20,
      })),
    },
  ],
};

describe("scenario files", () => {
  const CASES_HERE = 5_000 * TIMES;
  it(
    "M4: are planned or refused, whatever is in them",
    async () => {
      const files = fc.oneof(
        { weight: 1, arbitrary: fc.constant<unknown>(scenario) },
        {
          weight: 20,
          arbitrary: fc
            .tuple(fc.array(fc.nat(34), { minLength: 2, maxLength: 6 }), nasty)
            .map(([where, evil]) => spoil(scenario, where, evil)),
        },
        { weight: 2, arbitrary: nasty },
      );
      // As the file would hold it: what JSON cannot say does not arrive.
      const result = await attack(
        files,
        (value) => {
          JSON.stringify(toAnswer(solveHere(parseScenario(JSON.parse(JSON.stringify(value) ?? "null")))));
        },
        CASES_HERE,
      );
      expect(harmIn(result, CASES_HERE)).toEqual([]);
    },
    3 * MINUTES,
  );
});

/** Nothing listens at port 1: commands that need a database fail at once, and touch nothing. */
const NOWHERE = { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none", LOG_LEVEL: "silent" };

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "covershare-fuzz-"));
  await writeFile(path.join(dir, "good.json"), JSON.stringify(scenario));
  await writeFile(path.join(dir, "bad.json"), '{"version":1}');
  await writeFile(path.join(dir, "no.csv"), "a,b\n1");
});
afterAll(async () => rm(dir, { recursive: true, force: true }));

const words = (): fc.Arbitrary<string[]> => {
  const file = fc.constantFrom("good.json", "bad.json", "no.csv", "none", "").map((name) => path.join(dir, name));
  const free = fc.oneof(
    file,
    fc.constantFrom(...nastyValues.filter((value) => typeof value === "string")),
    fc.string({ maxLength: 20 }),
    fc.constantFrom(
      "--",
      "-",
      "--help",
      "-h",
      "--version",
      "A81001",
      "FED",
      "nurse",
      "2026-12-01",
      "kim@practice.example",
      "--organisation=",
      "93C",
    ),
  );
  const commands = fc.constantFrom(
    ["match"],
    ["import", "practices"],
    ["import", "clinics"],
    ["admin", "sign-agreement"],
    ["admin", "create-user"],
    ["admin", "create-token"],
    ["admin", "create-organisation"],
    ["migrate"],
    ["admin"],
    ["import"],
    ["nothing"],
    [],
  );
  const option = fc.constantFrom(
    "--organisation",
    "--email",
    "--name",
    "--role",
    "--group",
    "--version",
    "--signed-by",
    "--from",
    "--until",
    "--code",
    "--kind",
    "--skip-bad",
    "--format",
    "--postcodes",
    "--sharing-group",
    "--close-missing",
    "--nonsense",
  );
  return fc
    .tuple(commands, fc.array(fc.oneof(free, fc.tuple(option, free)), { maxLength: 6 }))
    .map(([command, rest]) => [...command, ...rest.flat()]);
};

describe("command lines", () => {
  it(
    "end with 0, 1 or 2 and a line that people understand",
    async () => {
      const seen = new Map<number, number>();
      const result = await attack(words(), async (args) => {
        let said = "";
        const status = await runCli({
          args,
          environment: NOWHERE,
          stdout: (text) => (said += text),
          stderr: (text) => (said += text),
          stopping: new AbortController().signal,
        });
        seen.set(status, (seen.get(status) ?? 0) + 1);
        if (![0, 1, 2].includes(status)) throw new Error(`status ${status}`);
        if (said.trim() === "") throw new Error(`status ${status} without a word`);
        if (/It failed:|\n {4}at /.test(said)) throw new Error(said.slice(0, 300));
      });
      expect(harmIn(result)).toEqual([]);
      expect([...seen.keys()].toSorted((left, right) => left - right)).toEqual([0, 1, 2]);
    },
    4 * MINUTES,
  );

  it(
    "in processes of their own, with files of bytes: the same",
    async () => {
      const files = fc.sample(
        fc.oneof(
          fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
          fc
            .tuple(fc.array(fc.nat(34), { minLength: 2, maxLength: 6 }), nasty)
            .map(([where, evil]) => Buffer.from(JSON.stringify(spoil(scenario, where, evil)) ?? "")),
        ),
        { numRuns: 8 * TIMES, seed: SEED },
      );
      for (const [index, bytes] of files.entries()) {
        const file = path.join(dir, `bytes-${index}`);
        await writeFile(file, bytes);
        const running = [
          await startCovershare(["match", file], NOWHERE),
          await startCovershare(["import", "practices", file], NOWHERE),
        ];
        for (const process of running) {
          const status = await process.exited;
          expect([index, [0, 1, 2].includes(status), process.stderr()]).toEqual([
            index,
            true,
            expect.not.stringMatching(/It failed:|\n {4}at |Node\.js v/),
          ]);
        }
      }
    },
    4 * MINUTES,
  );
});
