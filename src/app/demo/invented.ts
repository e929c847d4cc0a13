import type { OpeningHours } from "../../features/calendar/index.ts";

/*
 * An invented federation in an invented valley. No practice of this name is in the register of England (a test looks),
 * nobody here exists, and the coordinates are fields.
 */

export const DEMO_GROUP = "WENDLE";
export const DEMO_FEDERATION = "WDL00";
export const DEMO_HUB = "WDLHUB";
/** For every invented person; the demo listens on this machine only. */
export const DEMO_PASSWORD = "wendle-valley-demo";

export const DEMO_BANNER = "A demonstration. Every practice and person here is invented; nobody real takes part.";

interface Invented {
  readonly code: string;
  readonly name: string;
  readonly lat: number;
  readonly lon: number;
  readonly listSize: number;
  readonly pcn: string;
}

const NAMES = [
  "Wendlebeck Mill Surgery",
  "Osierholt Practice",
  "Quarrendale Surgery",
  "Thistlewyke Medical Practice",
  "Marrowfen Surgery",
  "Kettlebarrow Practice",
  "Hobbinshaw Health Centre",
  "Larkrigg Ford Surgery",
  "Penny Staithe Practice",
  "Umberleas Medical Practice",
  "Withywater Surgery",
  "Galloping Hill Practice",
  "Sallowmere Surgery",
  "Brackenthwick Health Centre",
  "Fiddlers Reach Practice",
  "Nettlecombe Wharf Surgery",
  "Yarrowgill Medical Practice",
  "Clinkerstone Practice",
  "Dovecote Slack Surgery",
  "Inkwell Moor Practice",
] as const;

/** Twenty practices on a loose spiral a few kilometres across, five to each of four networks. */
export const inventedPractices: readonly Invented[] = NAMES.map((name, index) => ({
  code: `WDL${String(index + 1).padStart(2, "0")}`,
  name,
  lat: 53.31 + 0.006 * index * Math.cos(index * 1.9) * 0.6,
  lon: -0.21 + 0.01 * index * Math.sin(index * 1.9) * 0.6,
  listSize: 4_200 + ((index * 1_733) % 9_000),
  pcn: `WDLPCN${1 + (index % 4)}`,
}));

/** Open every day, so that the demonstration can be watched at any hour. */
export const demoOpeningHours: readonly OpeningHours[] = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({
  weekday,
  opens: "00:00",
  closes: "23:59",
}));

export const emailOf = (person: "reception" | "nurse" | "manager" | "broker", code: string): string =>
  `${person}@${code.toLowerCase()}.example`;
