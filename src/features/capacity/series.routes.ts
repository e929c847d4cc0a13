import { appNow } from "../../platform/db/database.ts";
import { command, read, type AppRoute } from "../access/index.ts";
import { londonDate } from "../calendar/index.ts";
import { atOwnDesk } from "./capacity.policy.ts";
import type { CapacityPorts } from "./capacity.ports.ts";
import { idParams, lossView } from "./capacity.schema.ts";
import { closeOn, reopenOn } from "./closures.service.ts";
import { closedDays, listSeries } from "./series.repository.ts";
import { addDays } from "./series.rules.ts";
import {
  changedSeries,
  closedView,
  closureBody,
  closureList,
  closureParams,
  endSeriesQuery,
  seriesBody,
  seriesChangeBody,
  seriesPage,
  seriesQuery,
  seriesWithDays,
} from "./series.schema.ts";
import { changeSeries, createSeries, endSeries, readSeries, viewOf } from "./series.service.ts";

const ours = { tag: "Clinic series", access: atOwnDesk } as const;

const readRoutes: readonly AppRoute[] = [
  read(
    {
      ...ours,
      method: "GET",
      path: "/v1/clinic-series",
      summary: "Your weekly clinics",
      query: seriesQuery,
      response: seriesPage,
    },
    async ({ actor, query }, { q }) => {
      const found = await listSeries(q, actor.organisationCode, { after: query.after, limit: query.limit + 1 });
      const items = found.slice(0, query.limit).map(viewOf);
      return { body: { items, next: found.length > items.length ? (items.at(-1)?.id ?? null) : null } };
    },
  ),
  read(
    {
      ...ours,
      method: "GET",
      path: "/v1/clinic-series/:id",
      summary: "One weekly clinic with its days of the next eight weeks, and the days that are skipped and why",
      params: idParams,
      response: seriesWithDays,
    },
    async ({ actor, params }, { q }) => {
      const series = await readSeries(q, actor, params.id);
      return { body: series, etag: series.version };
    },
  ),
  read(
    {
      ...ours,
      method: "GET",
      path: "/v1/closures",
      summary: "Days ahead on which you are closed",
      response: closureList,
    },
    async ({ actor }, { q }) => {
      const today = londonDate(await appNow(q));
      const closed = await closedDays(q, actor.organisationCode, today, addDays(today, 3_660));
      return { body: { items: [...closed].map((date) => ({ date })) } };
    },
  ),
];

/** Clinics that repeat weekly, and the days on which there are none (C2). */
export const seriesRoutes = (ports: CapacityPorts): readonly AppRoute[] => [
  ...readRoutes,
  command(
    {
      ...ours,
      method: "POST",
      path: "/v1/clinic-series",
      summary: "Publish a clinic that repeats weekly; bank holidays and closed days are skipped and listed",
      body: seriesBody,
      response: seriesWithDays,
    },
    async ({ actor, body }, tx) => {
      const series = await readSeries(tx.q, actor, await createSeries(tx, actor, body));
      return { status: 201, body: series, etag: series.version };
    },
  ),
  command(
    {
      ...ours,
      method: "PATCH",
      path: "/v1/clinic-series/:id",
      summary: "Change the rule and the days ahead that nobody changed by hand; 409 shows first what would break",
      params: idParams,
      body: seriesChangeBody,
      needsIfMatch: true,
      response: changedSeries,
    },
    async ({ actor, params, body, ifMatch }, tx) => {
      const agreements = await changeSeries(tx, actor, ports, params.id, body, ifMatch);
      const series = await readSeries(tx.q, actor, params.id);
      return { body: { series, agreements }, etag: series.version };
    },
  ),
  command(
    {
      ...ours,
      method: "DELETE",
      path: "/v1/clinic-series/:id",
      summary: "End a weekly clinic and withdraw its days ahead; 409 shows first what would break",
      params: idParams,
      query: endSeriesQuery,
      response: lossView,
    },
    async ({ actor, params, query }, tx) => ({ body: await endSeries(tx, actor, ports, params.id, query) }),
  ),
  command(
    {
      ...ours,
      method: "POST",
      path: "/v1/closures",
      summary: "Say that you are closed on a day: clinics of that day are withdrawn; 409 shows first what would break",
      body: closureBody,
      response: closedView,
    },
    async ({ actor, body }, tx) => ({ status: 201, body: await closeOn(tx, actor, ports, body.date, body) }),
  ),
  command(
    {
      ...ours,
      method: "DELETE",
      path: "/v1/closures/:date",
      summary: "Open on that day after all: weekly clinics are made again",
      params: closureParams,
    },
    async ({ actor, params }, tx) => {
      await reopenOn(tx, actor, params.date);
      return {};
    },
  ),
];
