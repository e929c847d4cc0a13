import { command, read, type AppRoute } from "../access/index.ts";
import { atOwnDesk } from "./capacity.policy.ts";
import type { CapacityPorts } from "./capacity.ports.ts";
import {
  changeBody,
  changedClinic,
  clinicPage,
  clinicQuery,
  clinicWithSlots,
  confirmBreakingBody,
  confirmedView,
  goneView,
  idParams,
  importBody,
  importQuery,
  importView,
  MAX_IMPORT_BYTES,
  noBody,
  publishBody,
  published,
  publishQuery,
  slotPage,
  slotQuery,
} from "./capacity.schema.ts";
import { changeClinic, withdrawClinic } from "./change.service.ts";
import { confirmClinics } from "./confirm.service.ts";
import { markSlotGone } from "./gone.service.ts";
import { importClinics } from "./import.service.ts";
import { publishClinics } from "./publish.service.ts";
import { ownClinic, ownClinics, ownSlots } from "./read.service.ts";

const ours = { tag: "Clinics", access: atOwnDesk } as const;

const readRoutes: readonly AppRoute[] = [
  read(
    {
      ...ours,
      method: "GET",
      path: "/v1/clinics",
      summary: "Your clinics by start; by default those that have not ended",
      query: clinicQuery,
      response: clinicPage,
    },
    async ({ actor, query }, { q }) => ({ body: await ownClinics(q, actor, query) }),
  ),
  read(
    {
      ...ours,
      method: "GET",
      path: "/v1/clinics/:id",
      summary: "One of your clinics with its slots",
      params: idParams,
      response: clinicWithSlots,
    },
    async ({ actor, params }, { q }) => {
      const clinic = await ownClinic(q, actor, params.id);
      return { body: clinic, etag: clinic.version };
    },
  ),
  read(
    {
      ...ours,
      method: "GET",
      path: "/v1/slots",
      summary: "Your slots by start; by default those that have not started",
      query: slotQuery,
      response: slotPage,
    },
    async ({ actor, query }, { q }) => ({ body: await ownSlots(q, actor, query) }),
  ),
];

/** Publishing, changing and giving back capacity. */
export const clinicRoutes = (ports: CapacityPorts): readonly AppRoute[] => [
  ...readRoutes,
  command(
    {
      ...ours,
      method: "POST",
      path: "/v1/clinics",
      summary: "Publish a clinic for each clinician; with dryRun=true only count the slots",
      query: publishQuery,
      body: publishBody,
      response: published,
    },
    async ({ actor, query, body }, tx) => ({
      status: query.dryRun ? 200 : 201,
      body: await publishClinics(tx, actor, body, { isDryRun: query.dryRun }),
    }),
  ),
  command(
    {
      ...ours,
      method: "POST",
      path: "/v1/clinics/import",
      summary: "Import clinics from CSV: all or nothing unless skipBad=true; the same file again changes nothing",
      query: importQuery,
      body: importBody,
      response: importView,
      // JSON doubles quotes and line breaks.
      bodyLimit: 2 * MAX_IMPORT_BYTES,
    },
    async ({ actor, query, body }, tx) => ({
      body: await importClinics(tx, { author: actor, ...actor }, body.csv, query),
    }),
  ),
  command(
    {
      ...ours,
      method: "PATCH",
      path: "/v1/clinics/:id",
      summary: "Change times, services, provisions or pledge; 409 shows first which agreements would break",
      params: idParams,
      body: changeBody,
      needsIfMatch: true,
      response: changedClinic,
    },
    async ({ actor, params, body, ifMatch }, tx) => {
      const agreements = await changeClinic(tx, actor, ports, params.id, body, ifMatch);
      const clinic = await ownClinic(tx.q, actor, params.id);
      return { body: { clinic, agreements }, etag: clinic.version };
    },
  ),
  command(
    {
      ...ours,
      method: "POST",
      path: "/v1/clinics/:id/withdraw",
      summary: "Withdraw a clinic; 409 shows first which agreements would break",
      params: idParams,
      body: confirmBreakingBody,
      response: changedClinic,
    },
    async ({ actor, params, body }, tx) => {
      const agreements = await withdrawClinic(tx, actor, ports, params.id, body);
      const clinic = await ownClinic(tx.q, actor, params.id);
      return { body: { clinic, agreements }, etag: clinic.version };
    },
  ),
  command(
    {
      ...ours,
      method: "POST",
      path: "/v1/clinics/confirm",
      summary: "Confirm all firm capacity for today",
      body: noBody,
      response: confirmedView,
    },
    async ({ actor }, tx) => ({ body: await confirmClinics(tx, actor, ports) }),
  ),
  command(
    {
      ...ours,
      method: "POST",
      path: "/v1/clinics/:id/confirm",
      summary: "Confirm one firm clinic for today",
      params: idParams,
      body: noBody,
      response: confirmedView,
    },
    async ({ actor, params }, tx) => ({ body: await confirmClinics(tx, actor, ports, params.id) }),
  ),
  command(
    {
      ...ours,
      method: "POST",
      path: "/v1/slots/:id/gone",
      summary: "This slot has gone: another time of the clinic is tried first, then the need is looked for again",
      params: idParams,
      body: noBody,
      response: goneView,
    },
    async ({ actor, params }, tx) => ({
      body: { slotId: params.id, agreements: await markSlotGone(tx, actor, ports, params.id) },
    }),
  ),
];
