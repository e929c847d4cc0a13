import { z } from "zod";
import { adminsOnly, command, read, signedIn, type AppRoute } from "../access/index.ts";
import { requirementNames, requirements } from "./requirements.schema.ts";
import { serviceCatalogue } from "./services.repository.ts";
import { serviceCodeSchema, serviceInputSchema, serviceListSchema, serviceSchema } from "./services.schema.ts";
import { putService } from "./services.service.ts";

export const serviceRoutes: readonly AppRoute[] = [
  read(
    {
      method: "GET",
      path: "/v1/services",
      summary: "The catalogue of services, and the requirements that needs and clinics may name",
      tag: "services",
      access: signedIn,
      query: z.strictObject({ withInactive: z.enum(["true", "false"]).optional() }),
      response: serviceListSchema,
    },
    async ({ query }, { q }) => ({
      body: {
        items: await serviceCatalogue(q, { withInactive: query.withInactive === "true" }),
        requirements: requirements.map((code) => ({ code, name: requirementNames[code] })),
      },
    }),
  ),
  command(
    {
      method: "PUT",
      path: "/v1/services/:code",
      summary: "Add a service to the catalogue, or replace it",
      tag: "services",
      access: adminsOnly,
      params: z.strictObject({ code: serviceCodeSchema }),
      body: serviceInputSchema,
      response: serviceSchema,
    },
    async ({ actor, params, body }, tx) => ({ body: await putService(tx, actor, params.code, body) }),
  ),
];
