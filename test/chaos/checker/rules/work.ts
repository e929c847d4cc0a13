import { z } from "zod";
import { entriesOf } from "../../model/client-log.ts";
import { LED_ON } from "../effects.ts";
import { groupBy } from "../../../../src/platform/lists/lists.ts";
import { logsByStream, rule } from "../evidence.ts";

/* No need is lost: each that was ever promised is there, and is looked after or has an ending that somebody owns. */

const posted = z.object({ reference: z.string(), needs: z.array(z.object({ ref: z.string() })) });

/** R2: the post that was acknowledged, whole. */
export const postsExist = rule(
  "posts-exist",
  "Every acknowledged post exists, with every one of its needs (R2, R6).",
  ({ logs, facts }) => {
    const requests = new Map(facts.requests.map((request) => [request.reference, request]));
    const needs = groupBy(facts.needs, ({ requestId }) => requestId);
    return logs.flatMap((log) =>
      entriesOf(log, "answered").flatMap(({ command, status, body }) => {
        if (command !== "post") return [];
        // A form leads to the page of the new request, and does not say its needs.
        if (status === LED_ON && typeof body === "string") {
          const reference = body.split("/").at(-1) ?? "";
          return requests.has(reference) ? [] : [`${reference} of ${log.code} does not exist`];
        }
        if (status !== 201) return [];
        const { reference, needs: promised } = posted.parse(body);
        const request = requests.get(reference);
        if (request === undefined) return [`${reference} of ${log.code} does not exist`];
        const there = new Set((needs.get(request.id) ?? []).map(({ ref }) => ref));
        return promised.flatMap(({ ref }) => (there.has(ref) ? [] : [`${reference} of ${log.code} has lost ${ref}`]));
      }),
    );
  },
);

/** M5: a need that could be given a time is asked for, whatever the queue lost. */
export const openNeedsHaveNoPlace = rule(
  "being-worked",
  "A need that looks is asked of somebody unless no free time fits it (M5, A1).",
  ({ facts }) =>
    facts.servable.map(
      ({ need, slot, organisation }) => `${need} is open, and slot ${slot} of ${organisation} is free for it`,
    ),
);

const returned = z.object({ reference: z.string(), ref: z.string() });

/** R7: an ending has an owner: whoever withdrew it stands in the trail, and what came back was said to home. */
export const endingsAreOwned = rule(
  "endings-owned",
  "A need ends by somebody's act, which stands in the audit trail, or comes back with a message to its home practice (R7).",
  ({ facts }) => {
    const logs = logsByStream(facts);
    const acts = new Set(facts.audit.map(({ action, subject }) => `${action} ${subject}`));
    const requests = new Map(facts.requests.map((request) => [request.id, request]));
    return facts.needs.flatMap(({ state, ref, requestId }) => {
      const { reference = "", home = "" } = requests.get(requestId) ?? {};
      if (state === "withdrawn") {
        const isOwned = ["request.withdraw", "request.amend", "agreement.cancel"].some((act) =>
          acts.has(`${act} ${reference}`),
        );
        return isOwned ? [] : [`${reference} ${ref} is withdrawn, and nobody did it`];
      }
      if (state === "sorted")
        return acts.has(`need.sorted ${reference}`) ? [] : [`${reference} ${ref} is sorted, and nobody did it`];
      if (state !== "returned") return [];
      const isSaid = (logs.get(home) ?? []).some(({ type, data }) => {
        if (type !== "need.returned") return false;
        const said = returned.parse(data);
        return said.reference === reference && said.ref === ref;
      });
      return isSaid ? [] : [`${reference} ${ref} came back, and ${home} was not told`];
    });
  },
);

/** C6: an import is in as a whole or not at all, and what the command said is in stays in. */
export const importsAreWhole = rule(
  "imports-whole",
  "An import of practices takes effect as a whole or not at all, once, and never falls back behind one that was acknowledged (C6).",
  ({ facts, imports }) => {
    if (imports === undefined) return [];
    const practices = facts.organisations.filter(({ kind }) => kind === "practice");
    const sizes = [...new Set(practices.map(({ listSize }) => listSize ?? 0))];
    const least = imports.acknowledged.at(-1) ?? 0;
    const [size = 0] = sizes;
    const times = facts.audit.filter(({ user, action }) => user === null && action === "practices.import").length;
    // The first was the building of the world.
    const [atLeast, atMost] = [imports.acknowledged.length + 1, imports.tried.length + 1];
    return [
      ...(sizes.length === 1 ? [] : [`practices have the list sizes of ${sizes.length} imports: ${sizes.join(", ")}`]),
      ...(size >= least ? [] : [`the import of ${least} was acknowledged, and ${size} is there`]),
      ...(times >= atLeast && times <= atMost
        ? []
        : [`${times} imports are in the trail, of ${atLeast} acknowledged and ${atMost} tried`]),
    ];
  },
);
