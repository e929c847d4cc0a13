import { z } from "zod";
import { anyone, read, type AppRoute } from "../features/access/index.ts";
import { describeMessages } from "../features/webhooks/index.ts";
import { openApiDocument } from "../platform/http/openapi.ts";
import { eventContracts } from "./events.ts";
import { problemCodes } from "./problem-codes.ts";

/** The routes with one more: `/openapi.json`, which describes them all and itself. */
export const withOpenApi = (routes: readonly AppRoute[], cookieName: string, version: string): readonly AppRoute[] => {
  const all: AppRoute[] = [...routes];
  let document: Readonly<Record<string, unknown>> | undefined;
  all.push(
    read(
      {
        method: "GET",
        path: "/openapi.json",
        summary: "The description of this API (OpenAPI 3.1)",
        tag: "documents",
        access: anyone,
        response: z.record(z.string(), z.unknown()),
      },
      async () => {
        document ??= openApiDocument(
          {
            title: "Covershare",
            version,
            description:
              "Mutual-aid appointment sharing for GP practices. Errors are RFC 9457 problem documents with stable codes. " +
              "What changes is told over the WebSocket at /v1/stream, described in /asyncapi.json, and posted to your own " +
              "tools by webhooks (Standard Webhooks 1.0).",
            cookieName,
            problemCodes,
            webhooks: describeMessages(eventContracts),
          },
          all,
        );
        return { body: document };
      },
    ),
  );
  return all;
};
