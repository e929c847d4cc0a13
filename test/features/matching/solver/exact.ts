import { roomOn, scoreOf, type Block, type JudgedScenario } from "./judge.ts";

/*
 * The scenario as a mixed-integer programme in CPLEX LP format, for `highs`: one binary a block, one continuous variable a
 * pair, and a pair is at least what each of its needs has there (the tight form; it finishes far sooner than one row a pair).
 */

const group = <T>(items: readonly T[], keysOf: (item: T) => readonly string[]): Map<string, number[]> => {
  const groups = new Map<string, number[]>();
  for (const [at, item] of items.entries()) {
    for (const key of keysOf(item)) {
      const list = groups.get(key) ?? [];
      groups.set(key, list);
      list.push(at);
    }
  }
  return groups;
};

const sumOf = (blocks: readonly number[]): string => {
  const terms = blocks.map((at) => `x${at}`);
  const lines: string[] = [];
  for (let at = 0; at < terms.length; at += 20) lines.push(terms.slice(at, at + 20).join(" + "));
  return lines.join("\n + ");
};

export const linearProgramme = (scenario: JudgedScenario, blocks: readonly Block[]): string => {
  const paid = new Set(scenario.paidHosts.map(([request, host]) => `${request} ${host}`));
  const rows: string[] = [];
  for (const members of group(blocks, ({ need }) => [need]).values()) rows.push(`${sumOf(members)} <= 1`);
  for (const members of group(blocks, ({ slots }) => slots).values()) {
    if (members.length > 1) rows.push(`${sumOf(members)} <= 1`);
  }
  for (const [day, members] of group(blocks, (block) => [block.day])) {
    const room = roomOn(scenario, day);
    if (room !== undefined && room < members.length) rows.push(`${sumOf(members)} <= ${Math.max(0, room)}`);
  }
  const charges: string[] = [];
  const pairs = [
    {
      charge: 6,
      groups: group(blocks, ({ request, host }) => (paid.has(`${request} ${host}`) ? [] : [`${request} ${host}`])),
    },
    { charge: 8, groups: group(blocks, ({ course, host }) => (course === undefined ? [] : [`${course} ${host}`])) },
  ];
  for (const { charge, groups } of pairs) {
    for (const members of groups.values()) {
      const name = `y${charges.length}`;
      charges.push(`- ${charge} ${name}`);
      const perNeed = new Map<string, number[]>();
      for (const at of members) {
        const need = blocks[at]?.need ?? "";
        perNeed.set(need, [...(perNeed.get(need) ?? []), at]);
      }
      for (const own of perNeed.values()) rows.push(`${sumOf(own)} - ${name} <= 0`);
    }
  }
  const gains = blocks.map(({ weight, cost }, at) => `+ ${(10_000 * weight + 250 - cost).toFixed(9)} x${at}`);
  return [
    "Maximize",
    " obj:",
    ...gains.map((gain) => ` ${gain}`),
    ...charges.map((charge) => ` ${charge}`),
    "Subject To",
    ...rows.map((row, at) => ` r${at}: ${row}`),
    "Bounds",
    ...charges.map((_, at) => ` 0 <= y${at} <= 1`),
    "Binary",
    ...blocks.map((_, at) => ` x${at}`),
    "End",
  ].join("\n");
};

/** What is needed of the `highs` package (its legacy interface). */
export interface ExactSolver {
  readonly solve: (
    programme: string,
    options: { time_limit?: number; mip_rel_gap?: number; mip_abs_gap?: number },
  ) => { readonly Status: string; readonly Columns: Record<string, { readonly Primal?: number }> };
}

const isExactSolver = (value: unknown): value is ExactSolver =>
  typeof value === "object" && value !== null && "solve" in value && typeof value.solve === "function";

/** The package's types describe its CommonJS entry only, so what its ES module exports is checked here. */
export const loadExactSolver = async (): Promise<ExactSolver> => {
  const loaded: { readonly default: unknown } = await import("highs");
  const solver: unknown =
    typeof loaded.default === "function" ? await Reflect.apply(loaded.default, undefined, []) : null;
  if (!isExactSolver(solver)) throw new Error("This version of highs has no solve().");
  return solver;
};

export interface ExactResult {
  readonly isFinished: boolean;
  readonly ms: number;
  readonly weight: number;
  readonly covered: number;
  readonly cost: number;
  readonly score: number;
}

export const solveExactly = (
  highs: ExactSolver,
  scenario: JudgedScenario,
  blocks: readonly Block[],
  timeLimitSeconds: number,
): ExactResult => {
  if (blocks.length === 0) return { isFinished: true, ms: 0, ...scoreOf(scenario, []) };
  const programme = linearProgramme(scenario, blocks);
  const startedMs = performance.now();
  const { Status, Columns } = highs.solve(programme, {
    time_limit: timeLimitSeconds,
    // The default gap of 0.01 % of a score in the millions would allow a whole need to be missing.
    mip_rel_gap: 0,
    mip_abs_gap: 1e-4,
  });
  const ms = performance.now() - startedMs;
  const chosen = blocks.filter((_, at) => (Columns[`x${at}`]?.Primal ?? 0) > 0.5);
  return { isFinished: Status === "Optimal", ms, ...scoreOf(scenario, chosen) };
};
