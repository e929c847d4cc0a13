import { z } from "zod";

/*
 * An independent reading of the matching design: enumerates every block, checks an answer against every rule and works its
 * score out again. Shares no code with the solver, and is slow and plain on purpose.
 */

const instant = z.string().transform((text) => new Date(text).getTime());
const strings = z.array(z.string());
const scenarioSchema = z.object({
  name: z.string(),
  now: instant,
  practices: z.array(
    z.object({
      id: z.string(),
      lat: z.number(),
      lon: z.number(),
      pcn: z.string().nullable(),
      federation: z.string(),
      listSize: z.number().nullable(),
      balanceMinutes: z.number(),
      accepting: z.boolean(),
      dailyCap: z.number().nullable(),
      provides: strings,
    }),
  ),
  clinics: z.array(
    z.object({
      id: z.string(),
      practice: z.string(),
      services: strings,
      channel: z.string(),
      provides: strings,
      slotMinutes: z.number(),
      slots: z.array(z.object({ id: z.string(), start: instant })),
    }),
  ),
  requests: z.array(
    z.object({
      id: z.string(),
      practice: z.string(),
      priority: z.string(),
      needs: z.array(
        z.object({
          id: z.string(),
          service: z.string(),
          minutes: z.number(),
          earliest: instant,
          dueBy: instant,
          requires: strings,
          maxKm: z.number(),
          priority: z.string().optional(),
          course: z.string().optional(),
          channel: z.string().default("in-person"),
        }),
      ),
    }),
  ),
  excluded: z.array(z.tuple([z.string(), z.string()])).default([]),
  usedByDay: z.record(z.string(), z.number()).default({}),
  paidHosts: z.array(z.tuple([z.string(), z.string()])).default([]),
});
export type JudgedScenario = z.output<typeof scenarioSchema>;
export const readScenario = (json: unknown): JudgedScenario => scenarioSchema.parse(json);

type PracticeEntry = JudgedScenario["practices"][number];

/** One way to cover one need. */
export interface Block {
  readonly need: string;
  readonly request: string;
  /** Names the person, where the need has a course. */
  readonly course: string | undefined;
  readonly host: string;
  readonly slots: readonly string[];
  /** "practice|YYYY-MM-DD" */
  readonly day: string;
  readonly cost: number;
  readonly weight: number;
}

const kilometres = (a: PracticeEntry, b: PracticeEntry): number => {
  const radians = (degrees: number): number => (degrees / 180) * Math.PI;
  const h =
    Math.sin(radians(b.lat - a.lat) / 2) ** 2 +
    Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(radians(b.lon - a.lon) / 2) ** 2;
  return 2 * 6371.0088 * Math.asin(Math.sqrt(h));
};

const weights: Readonly<Record<string, number>> = { asap: 16, urgent: 4, routine: 1 };

const lean = (host: PracticeEntry): number =>
  host.listSize === null || host.listSize === 0
    ? 0
    : Math.min(2, Math.max(-2, host.balanceMinutes / (host.listSize / 1000) / 15));

/** Every allowed block of every need. */
export const blocksOf = (scenario: JudgedScenario): Block[] => {
  const practices = new Map(scenario.practices.map((practice) => [practice.id, practice]));
  const excluded = new Set(scenario.excluded.map(([need, practice]) => `${need} ${practice}`));
  const blocks: Block[] = [];
  for (const request of scenario.requests) {
    const home = practices.get(request.practice);
    if (home === undefined) throw new Error(`no practice ${request.practice}`);
    for (const need of request.needs) {
      for (const clinic of scenario.clinics) {
        const host = practices.get(clinic.practice);
        if (host === undefined) throw new Error(`no practice ${clinic.practice}`);
        if (host.id === home.id || host.federation !== home.federation || !host.accepting) continue;
        if (excluded.has(`${need.id} ${host.id}`) || !clinic.services.includes(need.service)) continue;
        if (clinic.channel !== need.channel) continue;
        if (need.requires.some((wanted) => ![...host.provides, ...clinic.provides].includes(wanted))) continue;
        const km = kilometres(home, host);
        if (km > need.maxKm) continue;
        const each = clinic.slotMinutes * 60_000;
        const length = Math.ceil(need.minutes / clinic.slotMinutes);
        for (const first of clinic.slots) {
          if (first.start < scenario.now || first.start < need.earliest) continue;
          if (first.start + length * each > need.dueBy) continue;
          const slots = Array.from({ length }, (_, at) =>
            clinic.slots.find(({ start }) => start === first.start + at * each),
          );
          const ids = slots.flatMap((slot) => (slot === undefined ? [] : [slot.id]));
          if (ids.length < length) continue;
          blocks.push({
            need: need.id,
            request: request.id,
            course: need.course === undefined ? undefined : `${request.id}/${need.course}`,
            host: host.id,
            slots: length === 1 ? [first.id] : ids,
            day: `${host.id}|${new Date(first.start).toISOString().slice(0, 10)}`,
            cost:
              1.4 * km +
              (0.5 * (first.start - need.earliest)) / 86_400_000 +
              (home.pcn !== null && home.pcn === host.pcn ? 0 : 3) +
              lean(host) +
              4,
            weight: weights[need.priority ?? request.priority] ?? Number.NaN,
          });
        }
      }
    }
  }
  return blocks;
};

/** How many needs a practice still takes on a day; undefined is no cap. */
export const roomOn = (scenario: JudgedScenario, day: string): number | undefined => {
  const cap = scenario.practices.find(({ id }) => day.startsWith(`${id}|`))?.dailyCap;
  return cap === null || cap === undefined ? undefined : cap - (scenario.usedByDay[day] ?? 0);
};

/** Cost of the chosen blocks with the charges for places, and the whole score. */
export const scoreOf = (scenario: JudgedScenario, chosen: readonly Block[]) => {
  const paid = new Set(scenario.paidHosts.map(([request, host]) => `${request} ${host}`));
  const pairs = new Set(chosen.map(({ request, host }) => `${request} ${host}`).filter((pair) => !paid.has(pair)));
  const courses = new Set(chosen.flatMap(({ course, host }) => (course === undefined ? [] : [`${course} ${host}`])));
  const cost = chosen.reduce((sum, block) => sum + block.cost, 0) + 6 * pairs.size + 8 * courses.size;
  const weight = chosen.reduce((sum, block) => sum + block.weight, 0);
  return { weight, covered: chosen.length, cost, score: 10_000 * weight + 250 * chosen.length - cost };
};

export interface Answer {
  readonly assignments: readonly { readonly need: string; readonly slots: readonly string[] }[];
  readonly unassigned: readonly { readonly need: string; readonly reasons: Readonly<Record<string, number>> }[];
  readonly weight: number;
  readonly covered: number;
  readonly cost: number;
  readonly score: number;
}

/** Every rule that an answer breaks, in words, and its score worked out again. `blocks` spares enumerating them twice. */
export const checkAnswer = (
  scenario: JudgedScenario,
  answer: Answer,
  blocks: readonly Block[] = blocksOf(scenario),
) => {
  const faults: string[] = [];
  const needIds = scenario.requests.flatMap(({ needs }) => needs.map(({ id }) => id));
  const listed = [...answer.assignments, ...answer.unassigned].map(({ need }) => need);
  if (listed.length !== new Set(listed).size) faults.push("a need is listed twice");
  if ([...listed].sort().join() !== [...needIds].sort().join()) faults.push("not every need is in one of the lists");
  const byKey = new Map(blocks.map((block) => [`${block.need}:${[...block.slots].sort().join()}`, block]));
  const taken = new Set<string>();
  const days = new Map<string, number>();
  const chosen: Block[] = [];
  for (const { need, slots } of answer.assignments) {
    const block = byKey.get(`${need}:${[...slots].sort().join()}`);
    if (block === undefined) {
      faults.push(`${need} may not take ${slots.join(", ")}`);
      continue;
    }
    chosen.push(block);
    days.set(block.day, (days.get(block.day) ?? 0) + 1);
    for (const slot of slots) {
      if (taken.has(slot)) faults.push(`slot ${slot} is given twice`);
      taken.add(slot);
    }
  }
  for (const [day, count] of days) {
    if (count > (roomOn(scenario, day) ?? Number.POSITIVE_INFINITY)) faults.push(`${day} is over its cap`);
  }
  const others = scenario.practices.length - 1;
  for (const { need, reasons } of answer.unassigned) {
    const counted = Object.values(reasons).reduce((sum, count) => sum + count, 0);
    if (counted !== others) faults.push(`${need} has reasons for ${counted} of ${others} other practices`);
  }
  const score = scoreOf(scenario, chosen);
  if (Math.abs(score.score - answer.score) > 0.01) faults.push(`score ${answer.score} should be ${score.score}`);
  if (Math.abs(score.cost - answer.cost) > 0.01) faults.push(`cost ${answer.cost} should be ${score.cost}`);
  if (score.weight !== answer.weight || score.covered !== answer.covered) faults.push("weight or covered is wrong");
  return { faults, ...score };
};
