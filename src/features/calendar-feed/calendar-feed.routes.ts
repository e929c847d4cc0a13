import { z } from "zod";
import { createRateLimiter } from "../../platform/http/rate-limit.ts";
import { sha256 } from "../../platform/ids/ids.ts";
import { anyone, command, custom, managersOnly, read, type AppRoute } from "../access/index.ts";
import { listFeeds } from "./calendar-feed.repository.ts";
import { feedBody, feedFile, feedParams, feedView, feedWithPath } from "./calendar-feed.schema.ts";
import { createFeed, readFeed, revokeFeed } from "./calendar-feed.service.ts";

const TEXT_CALENDAR = "text/calendar; charset=utf-8";
/** Of one address: calendar programs ask every few minutes, a few of them at once. */
const READS_PER_MINUTE = 30;

const tag = "Calendars";

export const calendarFeedRoutes = (): readonly AppRoute[] => {
  const limiter = createRateLimiter(READS_PER_MINUTE);
  return [
    read(
      {
        method: "GET",
        path: "/v1/calendar-feeds",
        summary: "Your organisation's secret calendar addresses, without their secrets",
        tag,
        access: managersOnly,
        response: z.strictObject({ items: z.array(feedView) }),
      },
      async ({ actor }, { q }) => ({ body: { items: await listFeeds(q, actor.organisationCode) } }),
    ),
    custom(
      {
        method: "POST",
        path: "/v1/calendar-feeds",
        summary: "A secret address at which a calendar program reads what is agreed at one site; shown this once",
        tag,
        access: managersOnly,
        body: feedBody,
        response: feedWithPath,
      },
      async ({ actor, body }, database) => ({
        status: 201,
        body: await database.transact(async (tx) => createFeed(tx, actor, body.siteId)),
        headers: { "cache-control": "no-store" },
      }),
    ),
    command(
      {
        method: "DELETE",
        path: "/v1/calendar-feeds/:id",
        summary: "End a calendar address at once",
        tag,
        access: managersOnly,
        params: feedParams,
      },
      async ({ actor, params }, tx) => {
        await revokeFeed(tx, actor, params.id);
        return { status: 204 };
      },
    ),
    read(
      {
        method: "GET",
        path: "/ics/:file",
        summary: "What is agreed at one site, as a calendar (RFC 5545); the address is the secret",
        tag,
        access: anyone,
        params: feedFile,
        produces: TEXT_CALENDAR,
      },
      async ({ params }, { q }) => {
        limiter.take(sha256(params.file));
        return {
          text: { type: TEXT_CALENDAR, content: await readFeed(q, params.file) },
          headers: { "cache-control": "private, max-age=60", "x-robots-tag": "noindex" },
        };
      },
    ),
  ];
};
