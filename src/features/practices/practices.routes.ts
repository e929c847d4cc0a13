import { z } from "zod";
import { atDesk, command, isBroker, managersOnly, read, signedIn, type AppRoute } from "../access/index.ts";
import { listNetworks } from "./directory.repository.ts";
import { browseOrganisations, viewOrganisation } from "./directory.service.ts";
import {
  networkListSchema,
  organisationCodeSchema,
  organisationDetailSchema,
  organisationListSchema,
  organisationNameSchema,
  settingsPatchSchema,
  settingsSchema,
} from "./practices.schema.ts";
import { changeSettings, readSettings } from "./settings.service.ts";

export const practiceRoutes: readonly AppRoute[] = [
  read(
    {
      method: "GET",
      path: "/v1/organisations",
      summary: "Your own organisation and those of your sharing group, by name",
      tag: "organisations",
      access: signedIn,
      query: z.strictObject({
        q: z.string().trim().min(1).max(60).optional(),
        after: z.string().min(1).max(600).optional(),
        limit: z.coerce.number().int().min(1).max(200).default(50),
      }),
      response: organisationListSchema,
    },
    async ({ actor, query }, { q }) => ({
      body: await browseOrganisations(q, actor, { q: query.q, after: query.after, limit: query.limit }),
    }),
  ),
  read(
    {
      method: "GET",
      path: "/v1/organisations/:code",
      summary: "One organisation: in full if it is yours or you are its broker, else its name",
      tag: "organisations",
      access: signedIn,
      params: z.strictObject({ code: organisationCodeSchema }),
      response: z.union([organisationDetailSchema, organisationNameSchema]),
    },
    async ({ actor, params }, { q }) => ({ body: await viewOrganisation(q, actor, params.code) }),
  ),
  read(
    {
      method: "GET",
      path: "/v1/networks",
      summary: "Your networks; for a broker, those of the whole sharing group",
      tag: "organisations",
      access: signedIn,
      response: networkListSchema,
    },
    async ({ actor }, { q }) => ({ body: { items: await listNetworks(q, actor, isBroker(actor)) } }),
  ),
  read(
    {
      method: "GET",
      path: "/v1/settings",
      summary:
        "What your organisation could do for neighbours, its opening hours, buddies and the switch for being asked",
      tag: "settings",
      access: atDesk,
      response: settingsSchema,
    },
    async ({ actor }, { q }) => {
      const settings = await readSettings(q, actor.organisationCode);
      return { body: settings, etag: settings.version };
    },
  ),
  command(
    {
      method: "PATCH",
      path: "/v1/settings",
      summary: "Change some of your organisation's settings",
      tag: "settings",
      access: managersOnly,
      needsIfMatch: true,
      body: settingsPatchSchema,
      response: settingsSchema,
    },
    async ({ actor, body, ifMatch }, tx) => {
      const settings = await changeSettings(tx, actor, ifMatch ?? 0, body);
      return { body: settings, etag: settings.version };
    },
  ),
];
