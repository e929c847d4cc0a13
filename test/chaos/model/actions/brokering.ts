import { z } from "zod";
import { ask } from "../commands.ts";
import type { Action } from "./doing.ts";

/* What brokers do about the requests of their group (F3). */

const requestPage = z.looseObject({
  items: z.array(z.looseObject({ reference: z.string(), isPaused: z.boolean() })),
});

export const broker: Action = async ({ random, send, client }) => {
  const found = await client.read("/v1/cover-requests?state=open&limit=50", requestPage);
  const request = random.pick(found?.value.items ?? []);
  if (request === undefined) return;
  const { reference, isPaused } = request;
  const chosen = isPaused ? ask.resume : random.pick([ask.widen, ask.widen, ask.nudge, ask.pause]);
  if (chosen !== undefined) await send(chosen(reference));
};

const freeTimes = z.looseObject({
  items: z.array(z.looseObject({ slotId: z.string(), supportingCode: z.string() })),
});

/** After a telephone call: one or two free times of one practice, given to a request by hand. */
export const assign: Action = async ({ random, send, client }) => {
  const found = await client.read("/v1/cover-requests?state=open&limit=50", requestPage);
  const reference = random.pick(found?.value.items ?? [])?.reference;
  if (reference === undefined) return;
  const times = (await client.read(`/v1/cover-requests/${reference}/free-times`, freeTimes))?.value.items ?? [];
  const practice = random.pick(times)?.supportingCode;
  const slots = times.filter(({ supportingCode }) => supportingCode === practice).map(({ slotId }) => slotId);
  if (slots.length > 0) await send(ask.assign(reference, slots.slice(0, random.whole(1, 2))));
};
