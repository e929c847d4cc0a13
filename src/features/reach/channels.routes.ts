import { z } from "zod";
import { atDesk, brokersOnly, command, managersOnly, read, signedIn, type AppRoute } from "../access/index.ts";
import { listDeliveries, listUnreachable } from "./channels.repository.ts";
import {
  browserBody,
  channelsView,
  confirmBody,
  deliveriesPage,
  deliveriesQuery,
  mailboxBody,
  unreachableView,
  type ReachParts,
} from "./channels.schema.ts";
import {
  addBrowser,
  confirmMailbox,
  readChannels,
  removeBrowser,
  sendTest,
  setMailbox,
  setOptedIn,
} from "./channels.service.ts";

const path = "/v1/settings/channels";
const tag = "reaching people";
/** A list that is longer is not read. */
const AT_MOST = 200;

/** How an organisation is reached, and what it was told. */
export const channelRoutes = (parts: ReachParts): readonly AppRoute[] => [
  read(
    {
      method: "GET",
      path,
      summary: "How your organisation is reached: its mailbox and whether that works, its desk's number, who opted in",
      tag,
      access: signedIn,
      response: channelsView,
    },
    async ({ actor }, { q }) => ({ body: await readChannels(q, actor, parts) }),
  ),
  command(
    {
      method: "POST",
      path: `${path}/mailbox`,
      summary: "Set, change or remove the mailbox that your desk reads; a new one is sent a test message",
      tag,
      access: managersOnly,
      body: mailboxBody,
      response: channelsView,
    },
    async ({ actor, body }, tx) => {
      await setMailbox(tx, actor, body.mailbox, parts);
      return { body: await readChannels(tx.q, actor, parts) };
    },
  ),
  command(
    {
      method: "POST",
      path: `${path}/test`,
      summary: "Send the mailbox a test message",
      tag,
      access: atDesk,
      response: channelsView,
    },
    async ({ actor }, tx) => {
      await sendTest(tx, actor, parts);
      return { body: await readChannels(tx.q, actor, parts) };
    },
  ),
  command(
    {
      method: "POST",
      path: `${path}/confirm`,
      summary: "Say that the test message arrived; `secret` is the end of its link",
      tag,
      access: signedIn,
      body: confirmBody,
      response: channelsView,
    },
    async ({ actor, body }, tx) => {
      await confirmMailbox(tx, actor, body.secret);
      return { body: await readChannels(tx.q, actor, parts) };
    },
  ),
  command(
    {
      method: "POST",
      path: `${path}/own-address`,
      summary: "Be told at your own address too, or no longer",
      tag,
      access: signedIn,
      body: z.strictObject({ isOptedIn: z.boolean() }),
      response: channelsView,
    },
    async ({ actor, body }, tx) => {
      await setOptedIn(tx, actor, body.isOptedIn);
      return { body: await readChannels(tx.q, actor, parts) };
    },
  ),
  command(
    {
      method: "POST",
      path: `${path}/browsers`,
      summary: "Tell this browser too (web push): what its `PushSubscription` says",
      tag,
      access: signedIn,
      body: browserBody,
      response: channelsView,
    },
    async ({ actor, body }, tx) => {
      await addBrowser(tx, actor, body, parts);
      return { body: await readChannels(tx.q, actor, parts) };
    },
  ),
  command(
    {
      method: "POST",
      path: `${path}/browsers/remove`,
      summary: "Tell this browser no longer",
      tag,
      access: signedIn,
      body: browserBody.pick({ endpoint: true }),
      response: channelsView,
    },
    async ({ actor, body }, tx) => {
      await removeBrowser(tx, actor, body.endpoint);
      return { body: await readChannels(tx.q, actor, parts) };
    },
  ),
  read(
    {
      method: "GET",
      path: "/v1/deliveries",
      summary: "What your organisation was told and how that fared, newest first; for a broker, the whole group's",
      tag,
      access: atDesk,
      query: deliveriesQuery,
      response: deliveriesPage,
    },
    async ({ actor, query }, { q }) => {
      const found = await listDeliveries(q, actor, {
        offerId: query.offer,
        after: query.after,
        limit: query.limit + 1,
      });
      const items = found.slice(0, query.limit);
      return { body: { items, next: found.length > items.length ? (items.at(-1)?.id ?? null) : null } };
    },
  ),
  read(
    {
      method: "GET",
      path: "/v1/unreachable",
      summary: "Practices of your group whose mailbox is missing, unconfirmed or dead: ring them",
      tag,
      access: brokersOnly,
      response: unreachableView,
    },
    async ({ actor }, { q }) => ({
      body: { items: actor.groupCode === null ? [] : await listUnreachable(q, actor.groupCode, AT_MOST) },
    }),
  ),
];
