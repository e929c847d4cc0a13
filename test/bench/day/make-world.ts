import type { Data, Lead } from "./data.ts";
import { draw, drawOne, drawWhole } from "./draw.ts";
import {
  at,
  BEGIN,
  DAY,
  DAYS,
  END,
  HOUR,
  MINUTE,
  type Clinic,
  type Line,
  type Practice,
  type Request,
} from "./world.ts";
import type { World } from "./world.ts";

/*
 * Assumptions, where no publication gives a rate (SOURCES.md: "supply must be simulated"). What is published is used:
 * geography and list sizes, when demand speaks up (online requests by weekday and hour), and how soon the appointments that
 * fall away would have been (booking lead of practice staff, face to face). Did-not-attend rates are not: cover is counted
 * when it is agreed. Half of the practices publish nothing and answer calls, a quarter each publish firm and ask clinics.
 */
const SERVICES = [
  ["wound-simple", 20, 0.32],
  ["wound-complex", 30, 0.15],
  ["suture", 20, 0.1],
  ["phleb", 10, 0.2],
  ["b12", 10, 0.1],
  ["ecg", 20, 0.06],
  ["ear", 20, 0.07],
] as const;
const CLINICS = [
  {
    services: ["wound-simple", "wound-complex", "suture", "b12", "ear"],
    slotMinutes: 20,
    slots: [6, 10],
    weight: 0.65,
  },
  { services: ["phleb", "b12", "ecg"], slotMinutes: 10, slots: [9, 18], weight: 0.35 },
] as const;
/** Each practice over the six days, published or, where it is silent, what it could make free if called. */
const CLINICS_EACH = [2, 4] as const;
const SHARE_STEP_FREE = 0.8;
const SHARE_LATER_PUBLISHED = 0.35;
const SHARE_WITHDRAWN = 0.08;
const SHARE_SLOT_GONE = 0.03;
const SHARE_NEEDS_STEP_FREE = 0.15;
/** Half keep the form's default. */
const KM = [5, 8, 8, 8, 12, 20] as const;
const HIDDEN_SLOTS = [3, 6] as const;

export interface Size {
  /** At most as many practices; the sub-ICB is drawn among those of 60 to this many. */
  readonly practices: number;
  /** Requests for each practice over the days. */
  readonly load: number;
}

const practicesOf = (data: Data, seed: number, most: number): { group: string; practices: Practice[] } => {
  const byGroup = new Map<string, Data["practices"]["practices"][number][]>();
  for (const row of data.practices.practices) {
    if (row.group === null || row.status !== "ACTIVE" || (row.listSize ?? 500) < 500) continue;
    byGroup.set(row.group.code, [...(byGroup.get(row.group.code) ?? []), row]);
  }
  const groups = [...byGroup]
    .filter(([, rows]) => rows.length >= 60 && rows.length <= most)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const [group, rows] = drawOne(
    groups.map((one) => [one, 1] as const),
    draw(seed, "group"),
  );
  const practices = rows.flatMap((row): Practice[] => {
    if (row.lat === null || row.lon === null) return [];
    const chance = draw(seed, row.code, "role");
    return [
      {
        id: row.code,
        lat: row.lat,
        lon: row.lon,
        pcn: row.networks.find((network) => network.kind === "pcn")?.code ?? null,
        federation: group,
        listSize: row.listSize,
        balanceMinutes: 0,
        accepting: true,
        dailyCap: null,
        provides: draw(seed, row.code, "step-free") < SHARE_STEP_FREE ? ["step-free"] : [],
        role: chance < 0.5 ? "silent" : chance < 0.75 ? "firm" : "ask",
      },
    ];
  });
  return { group, practices };
};

/** An instant of a working day between 08:00 and 17:00. */
const someTime = (from: number, until: number, chance: number): number => {
  const hours = DAYS.flatMap((date) => Array.from({ length: 9 * 4 }, (_, quarter) => at(date, 8 + quarter / 4)));
  const within = hours.filter((hour) => hour > from && hour < until);
  return within[drawWhole(0, within.length - 1, chance)] ?? from;
};

const clinicOf = (seed: number, practice: Practice, number: number): Clinic => {
  const id = `${practice.id}/${number}`;
  const isHidden = practice.role === "silent";
  const kind = drawOne(
    CLINICS.map((one) => [one, one.weight] as const),
    draw(seed, id, "kind"),
  );
  const [least, most] = isHidden ? HIDDEN_SLOTS : kind.slots;
  const count = drawWhole(least, most, draw(seed, id, "slots"));
  const date = DAYS[drawWhole(0, DAYS.length - 1, draw(seed, id, "day"))] ?? DAYS[0];
  const start = at(date, draw(seed, id, "half") < 0.5 ? 9 : 14);
  const starts = Array.from({ length: count }, (_, slot) => start + slot * kind.slotMinutes * MINUTE);
  const isLater = !isHidden && draw(seed, id, "later") < SHARE_LATER_PUBLISHED;
  const publishedAt = isLater ? Math.min(start - HOUR, someTime(BEGIN, start, draw(seed, id, "published"))) : BEGIN;
  const isWithdrawn = !isHidden && draw(seed, id, "withdrawn") < SHARE_WITHDRAWN;
  return {
    id,
    practice,
    isHidden,
    services: kind.services,
    slotMinutes: kind.slotMinutes,
    starts,
    publishedAt,
    ...(isWithdrawn ? { withdrawnAt: someTime(publishedAt, start, draw(seed, id, "withdrawn at")) } : {}),
    gone: isHidden
      ? []
      : starts
          .filter((slot) => draw(seed, id, slot, "gone") < SHARE_SLOT_GONE)
          .map((slot) => ({ at: someTime(publishedAt, start, draw(seed, id, slot, "gone at")), start: slot })),
  };
};

/** Until when an appointment must be made up for that would have been so far ahead. */
const dueOf = (lead: Lead, postedAt: number): { dueBy: number; priority: Line["priority"] } => {
  const today = DAYS.findIndex((date) => at(date, 24) > postedAt);
  const closing = (day: number): number => Math.min(END, at(DAYS[Math.min(day, DAYS.length - 1)] ?? DAYS[0], 18.5));
  const hourOfDay = (postedAt % DAY) / HOUR;
  // Later than noon, what was for today is made up for tomorrow.
  if (lead === "same-day" && hourOfDay < 12) return { dueBy: closing(today), priority: "asap" };
  if (lead === "same-day" || lead === "next-day") return { dueBy: closing(today + 1), priority: "urgent" };
  return lead === "week"
    ? { dueBy: closing(today + 3), priority: "urgent" }
    : { dueBy: closing(DAYS.length - 1), priority: "routine" };
};

const requestOf = (seed: number, id: string, data: Data, practices: readonly Practice[]): Request => {
  const home = drawOne(
    practices.map((practice) => [practice, practice.listSize ?? 8_000] as const),
    draw(seed, id, "home"),
  );
  const days = DAYS.slice(0, 5).map((date) => [date, new Date(date).getUTCDay()] as const);
  const slots = days.flatMap(([date, weekday]) =>
    data.arrivals.filter(([one]) => one.weekday === weekday).map(([one, n]) => [at(date, one.hour), n] as const),
  );
  const postedAt = Math.round(drawOne(slots, draw(seed, id, "band")) + draw(seed, id, "minute") * 2 * HOUR);
  const lines = Array.from({ length: drawWhole(1, 3, draw(seed, id, "lines")) }, (_, line): Line => {
    const chance = (what: string): number => draw(seed, id, line, what);
    const [service, minutes] = drawOne(
      SERVICES.map((one) => [one, one[2]] as const),
      chance("service"),
    );
    return {
      service,
      minutes,
      ...dueOf(drawOne(data.leads, chance("lead")), postedAt),
      count: drawWhole(1, 8, chance("count")),
      requires: chance("requires") < SHARE_NEEDS_STEP_FREE ? ["step-free"] : [],
      maxKm: KM[drawWhole(0, KM.length - 1, chance("km"))] ?? 8,
    };
  });
  const needs = lines
    .flatMap(({ count, ...line }) => Array.from({ length: count }, () => line))
    .map((line, number) => ({
      ...line,
      id: `${id} N${String(number + 1).padStart(2, "0")}`,
      request: id,
      home,
      postedAt,
    }));
  return { id, home, postedAt, lines, needs };
};

export const makeWorld = (data: Data, seed: number, size: Size): World => {
  const { group, practices } = practicesOf(data, seed, size.practices);
  const clinics = practices.flatMap((practice) =>
    Array.from({ length: drawWhole(...CLINICS_EACH, draw(seed, practice.id, "clinics")) }, (_, number) =>
      clinicOf(seed, practice, number + 1),
    ),
  );
  const requests = Array.from({ length: Math.round(practices.length * size.load) }, (_, number) =>
    requestOf(seed, `R${String(number + 1).padStart(3, "0")}`, data, practices),
  ).sort((left, right) => left.postedAt - right.postedAt);
  return { seed, group, practices, clinics, requests };
};
