import { parse } from "csv-parse/sync";
import { z } from "zod";
import { seededRandom, type Random } from "../../src/features/matching/solver/random.ts";

/*
 * Scenarios like the public ones, on real practice geography: other areas, sizes and seeds, so that the solver is not
 * fitted to seven files. Shares of services, sizes of requests, windows and caps are those seen in the public files.
 */

const rowSchema = z.object({
  ods_code: z.string(),
  status: z.string(),
  lat: z.coerce.number(),
  lon: z.coerce.number(),
  pcn_code: z.string(),
  sub_icb_code: z.string(),
  list_size: z.coerce.number(),
});
export type PracticeRow = z.output<typeof rowSchema>;

/** Rows of `practices.csv` in the shared reference data. */
export const readPracticeRows = (csv: string): PracticeRow[] =>
  z
    .array(rowSchema)
    .parse(parse(csv, { columns: true, skip_empty_lines: true }))
    .filter(({ status, lat, lon }) => status === "ACTIVE" && lat !== 0 && lon !== 0);

export interface ScenarioShape {
  /** Sub-ICB codes; their practices form one federation. */
  readonly areas: readonly string[];
  readonly seed: number;
  readonly requests: number;
  /** Roughly half of the clinics a practice publishes over four days. */
  readonly clinicRate: number;
  /** Complex wounds take 40 minutes. */
  readonly long?: boolean;
  /** Courses, own priorities, exclusions, used days, paid places, telephone clinics. */
  readonly mixed?: boolean;
}

const SERVICES = ["wound-simple", "wound-complex", "suture", "phleb", "b12", "smear", "ecg", "ear"] as const;
const SHORT: ReadonlySet<string> = new Set(["phleb", "b12"]);
const DAYS = ["2026-12-21", "2026-12-22", "2026-12-23", "2026-12-24"] as const;
const STARTS = ["08:30", "09:00", "13:00", "14:00"] as const;
const PRIORITIES = ["routine", "urgent", "asap"] as const;

const pick = <T>(random: Random, from: readonly [T, ...T[]]): T => from[random.below(from.length)] ?? from[0];
const chance = (random: Random, share: number): boolean => random.unit() < share;
const some = <T>(random: Random, from: readonly T[], share: number): T[] => from.filter(() => chance(random, share));
const two = (value: number): string => String(value).padStart(2, "0");

const practicesOf = (rows: readonly PracticeRow[], shape: ScenarioShape, random: Random) =>
  rows
    .filter(({ sub_icb_code: area }) => shape.areas.includes(area))
    .map((row) => ({
      id: row.ods_code,
      lat: row.lat,
      lon: row.lon,
      pcn: row.pcn_code === "" ? null : row.pcn_code,
      federation: shape.areas.join("+"),
      listSize: row.list_size,
      balanceMinutes: Math.round((random.unit() + random.unit() - 1) * 500),
      accepting: chance(random, 0.95),
      dailyCap: pick(random, [null, 4, 6, 8]),
      provides: [
        ...some(random, ["couch"], 0.97),
        ...some(random, ["step-free"], 0.8),
        ...some(random, ["interpreter"], 0.5),
        ...some(random, ["induction-loop"], 0.4),
        ...some(random, ["hoist"], 0.2),
      ],
    }));

const clinicsOf = (practice: string, shape: ScenarioShape, random: Random) =>
  DAYS.flatMap((day) => {
    if (!chance(random, shape.clinicRate)) return [];
    const slotMinutes = chance(random, 0.32) ? 10 : 20;
    const id = `${practice}-${day.slice(8)}`;
    const from = Date.parse(`${day}T${pick(random, STARTS)}:00Z`);
    const services = some(random, SERVICES, 0.3);
    return [
      {
        id,
        practice,
        services: services.length === 0 ? [pick(random, SERVICES)] : services,
        channel: shape.mixed === true && chance(random, 0.05) ? "telephone" : "in-person",
        provides: some(random, ["female-clinician"], 0.48),
        pledge: chance(random, 0.38) ? "firm" : "ask",
        slotMinutes,
        slots: Array.from({ length: 2 + random.below(7) }, (_, at) => ({
          id: `${id}-${two(at + 1)}`,
          start: new Date(from + at * slotMinutes * 60_000).toISOString(),
        })),
      },
    ];
  });

const requestOf = (practice: string, at: number, shape: ScenarioShape, random: Random) => {
  const id = `R${String(at + 1).padStart(3, "0")}`;
  const service = pick(random, SERVICES);
  const minutes = SHORT.has(service) ? 10 : shape.long === true && service === "wound-complex" ? 40 : 20;
  const mixes = shape.mixed === true && chance(random, 0.5);
  const count = 2 + random.below(13);
  const hasCourse = shape.mixed === true && count > 3 && chance(random, 0.5);
  const isVideo = shape.mixed === true && chance(random, 0.05);
  return {
    id,
    practice,
    priority: pick(random, ["routine", "routine", "routine", "urgent", "urgent", "asap"]),
    needs: Array.from({ length: count }, (_, needAt) => {
      const first = random.below(4);
      const last = first + random.below(4 - first);
      return {
        id: `${id}-N${two(needAt + 1)}`,
        service,
        minutes,
        earliest: `${DAYS[first] ?? DAYS[0]}T08:00:00Z`,
        dueBy: `${DAYS[last] ?? DAYS[3]}T18:30:00Z`,
        requires: chance(random, 0.25) ? [pick(random, ["step-free", "step-free", "female-clinician", "hoist"])] : [],
        maxKm: pick(random, [5, 8, 12, 20]),
        ...(mixes && chance(random, 0.5) ? { priority: pick(random, PRIORITIES) } : {}),
        ...(hasCourse && needAt < 3 ? { course: "A" } : {}),
        ...(isVideo ? { channel: "telephone" } : {}),
      };
    }),
  };
};

/** One scenario in the file format, as data that `JSON.stringify` and `parseScenario` take. */
export const generateScenario = (rows: readonly PracticeRow[], shape: ScenarioShape) => {
  const random = seededRandom(shape.seed * 2_654_435_761);
  for (let warm = 0; warm < 8; warm += 1) random.below(2);
  const practices = practicesOf(rows, shape, random);
  const clinics = practices.flatMap(({ id }) => clinicsOf(id, shape, random));
  const [first, ...others] = practices.map(({ id }) => id);
  if (first === undefined) throw new Error(`No practices in ${shape.areas.join(", ")}.`);
  const codes = [first, ...others] as const;
  const requests = Array.from({ length: shape.requests }, (_, at) => requestOf(pick(random, codes), at, shape, random));
  const marks = shape.mixed === true ? ["long", "mixed"] : ["long"];
  const flags = marks.filter((mark) => (mark === "long" ? shape.long === true : true)).map((mark) => `-${mark}`);
  return {
    version: 1,
    name: `${shape.areas.join("+")}-s${shape.seed}-r${shape.requests}-c${shape.clinicRate}${flags.join("")}`,
    now: "2026-12-20T18:00:00Z",
    practices,
    clinics,
    requests,
    ...(shape.mixed === true
      ? {
          excluded: requests.flatMap(({ needs }) =>
            some(random, needs, 0.2).map(({ id }) => [id, pick(random, codes)]),
          ),
          usedByDay: Object.fromEntries(
            some(random, practices, 0.2).map(({ id }) => [`${id}|${pick(random, DAYS)}`, 1 + random.below(2)]),
          ),
          paidHosts: some(random, requests, 0.5).map(({ id }) => [id, pick(random, codes)]),
        }
      : {}),
  };
};
