import type { Database, Queryable } from "../../platform/db/database.ts";
import { unique } from "../../platform/lists/lists.ts";
import type { Actor } from "../access/index.ts";
import { readAskingFor } from "../cover-plans/index.ts";
import { draftRequest, type Draft, type Wish } from "../requests/index.ts";
import { serviceCatalogue } from "../services/index.ts";
import type { Solver } from "./blocks.rules.ts";
import { decide } from "./decide.rules.ts";
import { readSnapshot } from "./snapshot.service.ts";
import type { SeekingNeed } from "./snapshot.ts";
import { outlookOf, outlookWords, type Outlook } from "./what-if.rules.ts";

/** A post that nobody has sent yet. */
export type Supposition = Wish & { readonly takeFirm: boolean };

const seekingOf = async (q: Queryable, draft: Draft, takesFirm: boolean): Promise<SeekingNeed[]> => {
  const services = new Map((await serviceCatalogue(q)).map((service) => [service.code, service]));
  const askingFor = await readAskingFor(q, draft.groupCode);
  const lines = new Map(draft.lines.map(({ record }) => [record.id, record]));
  return draft.needs.flatMap((need): SeekingNeed[] => {
    const line = lines.get(need.lineId);
    if (line === undefined) return [];
    const service = services.get(line.serviceCode);
    return [
      {
        id: need.id,
        ref: need.ref,
        requestId: draft.requestId,
        requestVersion: 1,
        reference: "",
        lineId: line.id,
        groupCode: draft.groupCode,
        homeCode: draft.homeCode,
        takesFirm,
        service: service?.matchedAs ?? line.serviceCode,
        serviceName: service?.name ?? line.serviceCode,
        channel: line.channel,
        minutes: line.minutes,
        earliest: line.earliest,
        dueBy: line.dueBy,
        requires: unique([...line.requires, ...(service?.requires ?? [])]),
        maxKm: line.maxKm,
        priority: line.priority,
        asking: askingFor(line.serviceCode, line.priority),
        course: need.course ?? null,
        ring: 1,
        extraAsks: 0,
        widenAt: null,
      },
    ];
  });
};

/**
 * What a post would come to at this moment, without posting (rule M6): the group's open needs and these are planned together
 * as the matcher would, and nothing is written; the database itself refuses it. Unlike a real plan it counts the published
 * times of desks that are closed just now: they are asked when they open.
 */
export const whatIf = async (
  database: Database,
  solve: Solver,
  actor: Actor,
  supposed: Supposition,
): Promise<Outlook & { readonly words: readonly string[] }> => {
  const { groupCode, needs } = await database.readOnly(async (q) => {
    const draft = await draftRequest(q, actor, supposed);
    return { groupCode: draft.groupCode, needs: await seekingOf(q, draft, supposed.takeFirm) };
  });
  const plan = async (moves: boolean) => {
    const read = await database.readOnly(async (q) =>
      readSnapshot(q, groupCode, { needs: "open", practices: "all", moves }, { also: needs }),
    );
    if (read === undefined) throw new Error("a what-if has needs");
    const snapshot = { ...read, atAnyHour: true } as const;
    return { snapshot, decisions: await decide(snapshot, solve) };
  };
  const still = await plan(false);
  const ids = new Set(needs.map((need) => need.id));
  const isShort = still.decisions.uncovered.some((need) => ids.has(need.id));
  const moving = isShort ? await plan(true) : still;
  const outlook = outlookOf(moving.snapshot, moving.decisions, needs);
  return { ...outlook, words: outlookWords(outlook) };
};
