import { z } from "zod";

/*
 * The events that people are told about, as a tolerant reader takes them: it asks of an event only what it uses, so that a
 * contract may grow.
 */

const time = z.object({ id: z.string(), ref: z.string(), startsAt: z.coerce.date() });
export type Time = z.output<typeof time>;
const times = z.array(time);
const pair = z.object({ reference: z.string(), homeCode: z.string(), supportingCode: z.string() });

export const heard = {
  "offer.made": z.object({ offerId: z.string() }),
  "offer.nudged": z.object({ offerId: z.string() }),
  "offer.changed": z.object({ offerId: z.string(), state: z.string() }),
  "agreement.made": pair.extend({ offerId: z.string().nullable(), agreements: times }),
  "agreement.moved": z.object({
    reference: z.string(),
    agreement: time,
    before: z.coerce.date(),
    ringPatient: z.boolean(),
  }),
  "agreement.cancelled": z.object({
    reference: z.string(),
    agreement: time,
    bySide: z.string(),
    needState: z.string(),
    ringPatient: z.boolean(),
  }),
  "agreement.release-due": pair.extend({
    agreements: z.array(time.extend({ releaseAt: z.coerce.date() })),
  }),
  "agreement.step-late": pair.extend({ owner: z.string(), owes: z.string(), agreements: times }),
  "agreement.swapped": z.object({
    homeCode: z.string(),
    supportingCode: z.string(),
    agreements: z.array(time.extend({ reference: z.string(), before: z.coerce.date() })),
  }),
  "agreement.tally": z.object({
    reference: z.string(),
    homeCode: z.string(),
    used: z.int(),
    ahead: z.int(),
    givenBack: z.int(),
    notUsed: z.int(),
  }),
  "need.returned": z.object({ reference: z.string(), homeCode: z.string(), ref: z.string() }),
} as const;

/** The kinds of event that are listened for: everything else in a log is for screens. */
export const heardTypes: readonly string[] = Object.keys(heard);

export interface HeardEvent {
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  readonly data: unknown;
}

/** What to look up. */
export const namedIn = (events: readonly HeardEvent[]): { offers: string[]; agreements: string[]; codes: string[] } => {
  const ids = z.object({
    offerId: z.string().nullish(),
    agreement: z.object({ id: z.string() }).optional(),
    homeCode: z.string().optional(),
    supportingCode: z.string().optional(),
  });
  const named = events.map((event) => ids.parse(event.data));
  const present = (values: readonly (string | null | undefined)[]): string[] => [
    ...new Set(values.filter((value) => value !== null && value !== undefined)),
  ];
  return {
    offers: present(named.map(({ offerId }) => offerId)),
    agreements: present(named.map(({ agreement }) => agreement?.id)),
    codes: present(named.flatMap(({ homeCode, supportingCode }) => [homeCode, supportingCode])),
  };
};
