import type { Hints } from "./from-schema.ts";
import type { Belongings } from "./world.ts";

/** That many days from today, at this hour (UTC). */
export const at = (days: number, hour: number): string =>
  new Date(Math.floor(Date.now() / 86_400_000 + days + 1) * 86_400_000 + hour * 3_600_000).toISOString();

const pool = (name: keyof Belongings, ...owners: readonly Belongings[]): string[] => owners.map((owner) => owner[name]);

/** Good values by the names of properties, mostly of what belongs to `mine`: what a schema alone cannot say. */
export const fittingHints = (mine: Belongings, others: readonly Belongings[], more: Hints = {}): Hints => {
  const all = [mine, ...others];
  const ids = (["clinicId", "slotId", "seriesId", "offerId", "agreementId", "tokenId", "userId"] as const).flatMap(
    (name) => pool(name, ...all),
  );
  return {
    id: [...ids, ...pool("sessionId", ...others)],
    clinicId: pool("clinicId", ...all),
    slots: [pool("slotId", ...all), pool("slotId", mine)],
    reference: pool("reference", ...all),
    ref: ["N01", "N02", "N03"],
    code: pool("code", ...all),
    organisation: pool("code", ...all),
    onBehalfOf: pool("code", mine),
    service: ["wound-simple"],
    services: [["wound-simple"]],
    startsAt: [at(1, 9), at(2, 9)],
    endsAt: [at(1, 12), at(2, 13)],
    earliest: [at(0, 9), at(1, 9)],
    dueBy: [at(3, 18), at(5, 18)],
    start: [at(1, 15), at(2, 15)],
    breaks: [[]],
    opens: ["09:00"],
    closes: ["12:00"],
    date: [at(4, 0).slice(0, 10), at(5, 0).slice(0, 10)],
    slotMinutes: [20],
    minutes: [20],
    confirmBreaking: [true],
    roles: [["nurse"]],
    role: ["nurse", "reception"],
    after: pool("offerId", ...all),
    ...more,
  };
};
