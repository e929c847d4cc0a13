import { z } from "zod";
import type { Queryable } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { invalidInput } from "../../platform/http/problem.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { listRequests, type PageStart } from "./counts.repository.ts";
import { scopeOf } from "./requests.policy.ts";
import { findRequest, readAsked, readLines, readNeeds } from "./requests.repository.ts";
import { onlyCounts } from "./requests.rules.ts";
import type { ListQuery, RequestPage, RequestView } from "./requests.schema.ts";
import { showRequest, type RequestRecord } from "./requests.view.ts";

/** A request in the actor's sight (P3). `lock` is for commands: it lasts until the end of the transaction. */
export const requireRequest = async (
  q: Queryable,
  actor: Actor,
  reference: string,
  options: { lock: boolean } = { lock: false },
): Promise<RequestRecord> => {
  const request = await findRequest(q, scopeOf(actor), reference, options.lock);
  if (request === undefined) throw notFound("cover request");
  return request;
};

/** The whole of a request as it is now, seen by `actor`. */
export const readRequest = async (q: Queryable, actor: Actor, reference: string): Promise<RequestView> => {
  const request = await requireRequest(q, actor, reference);
  const lines = await readLines(q, request.id);
  const needs = await readNeeds(q, request.id);
  const asked = await readAsked(q, request.id);
  return showRequest(request, lines, needs, { asked, showNames: isBroker(actor), similar: [] });
};

/** A forged instant from before calendars and databases agree would otherwise reach SQL. */
const cursor = z.tuple([z.iso.datetime().refine((text) => text >= "2000"), z.uuid()]);

const encode = ({ createdAt, id }: PageStart): string =>
  Buffer.from(JSON.stringify([createdAt.toISOString(), id])).toString("base64url");

const decode = (after: string): PageStart => {
  try {
    const [createdAt, id] = cursor.parse(JSON.parse(Buffer.from(after, "base64url").toString()));
    return { createdAt: new Date(createdAt), id };
  } catch {
    throw invalidInput([{ pointer: "/query/after", message: "Use the `next` of the page before." }]);
  }
};

/** The actor's requests, newest first, a page at a time. */
export const readRequests = async (q: Queryable, actor: Actor, query: ListQuery): Promise<RequestPage> => {
  const found = await listRequests(q, scopeOf(actor), {
    state: query.state,
    after: query.after === undefined ? undefined : decode(query.after),
    limit: query.limit + 1,
  });
  const items = found.slice(0, query.limit);
  const last = items.at(-1);
  return {
    items: items.map((item) => ({
      reference: item.reference,
      homeCode: item.homeCode,
      homeName: item.homeName,
      priority: item.priority,
      reason: item.reason,
      postedAt: item.createdAt.toISOString(),
      isPaused: item.isPaused,
      nextDueBy: item.nextDueBy?.toISOString() ?? null,
      services: item.services,
      counts: onlyCounts(item),
    })),
    next: found.length > items.length && last !== undefined ? encode(last) : null,
  };
};
