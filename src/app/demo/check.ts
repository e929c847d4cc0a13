import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { agreementView } from "../../features/agreements/index.ts";
import { offerView } from "../../features/offers/index.ts";
import type { Desk } from "./desk.ts";
import type { Stage } from "./stage.ts";

const requestCounts = z.object({ needs: z.array(z.object({ ref: z.string(), state: z.string() })) });
const offers = z.object({ items: z.array(offerView) });
const agreements = z.object({ items: z.array(agreementView) });

/** What is wrong with how a story ended, in words; empty when every patient is told and every desk heard what concerned it. */
export const checkStory = async (stage: Stage, home: string, references: readonly string[]): Promise<string[]> => {
  // The last frames may still be on the wire.
  await delay(300);
  const problems: string[] = [];
  const desk = (code: string): Desk | undefined => stage.desks.get(code);
  const all = (await stage.broker.api.get({ path: "/v1/offers?limit=200", parse: (body) => offers.parse(body) })).value;
  for (const reference of references) {
    const request = await stage.broker.api.get({
      path: `/v1/cover-requests/${reference}`,
      parse: (body) => requestCounts.parse(body),
    });
    for (const need of request.value.needs)
      if (need.state !== "told") problems.push(`${reference} ${need.ref} ended ${need.state}, not told`);
    for (const offer of all.items.filter((each) => each.reference === reference)) {
      const code = offer.awaiting === "home" ? offer.homeCode : offer.supportingCode;
      if (desk(code)?.heard.has(offer.id) !== true) problems.push(`${code} never heard of its offer of ${reference}`);
    }
    const agreed = await stage.broker.api.get({
      path: `/v1/agreements?reference=${reference}&limit=200`,
      parse: (body) => agreements.parse(body),
    });
    for (const agreement of agreed.value.items)
      for (const code of [home, agreement.supportingCode]) {
        if (desk(code)?.agreements.has(agreement.id) !== true)
          problems.push(`${code} never heard that ${reference} ${agreement.ref} is agreed`);
        if (agreement.isLive && desk(code)?.steppedAtMs(agreement.id, "told") === undefined)
          problems.push(`${code} never heard that the patient of ${reference} ${agreement.ref} is told`);
      }
  }
  return problems;
};
