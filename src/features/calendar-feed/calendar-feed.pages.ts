import { z } from "zod";
import type { Database } from "../../platform/db/database.ts";
import { originOf } from "../../platform/web/origin.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { form, managersOnly, openForm, page, type Actor, type AppPage } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { sitesOf } from "../practices/index.ts";
import { listFeeds } from "./calendar-feed.repository.ts";
import { feedBody, feedParams, type FeedWithPath } from "./calendar-feed.schema.ts";
import { createFeed, revokeFeed } from "./calendar-feed.service.ts";

const showFeeds = async (
  actor: Actor,
  { q }: Database,
  made?: FeedWithPath & { readonly url: string },
): Promise<View> => {
  const sites = await sitesOf(q, actor.organisationCode);
  const feeds = await listFeeds(q, actor.organisationCode);
  return view({
    template: "calendar-feed/feeds.njk",
    title: "Calendars",
    data: {
      made,
      feeds: feeds.map((feed) => ({ ...feed, since: speakInstant(new Date(feed.createdAt)) })),
      sites: sites.map(({ id, name }) => ({ value: id, text: name })),
    },
  });
};

export const calendarFeedPages: readonly AppPage[] = [
  page(
    {
      path: "/settings/calendars",
      summary: "Calendars of agreed cover",
      access: managersOnly,
      params: none,
      query: none,
    },
    async ({ actor }, database) => showFeeds(actor, database),
  ),
  openForm(
    {
      path: "/settings/calendars",
      summary: "Make a secret calendar address, shown once",
      access: managersOnly,
      params: none,
      input: feedBody,
      read: (fields) => ({ siteId: fields.text("siteId") }),
      messages: { siteId: "Choose a site" },
      again: async ({ actor }, database) => showFeeds(actor, database),
    },
    async ({ actor, input, request }, database) => {
      const made = await database.transact(async (tx) => createFeed(tx, actor, input.siteId));
      return showFeeds(actor, database, { ...made, url: `${originOf(request)}${made.path}` });
    },
  ),
  form(
    {
      path: "/settings/calendars/:id/end",
      summary: "End a calendar address",
      access: managersOnly,
      params: feedParams,
      input: z.object({}),
      read: () => ({}),
      again: async ({ actor }, database) => showFeeds(actor, database),
    },
    async ({ actor, params }, tx) => {
      await revokeFeed(tx, actor, params.id);
      return redirect("/settings/calendars", { kind: "done", title: "That address shows nothing any more." });
    },
  ),
];
