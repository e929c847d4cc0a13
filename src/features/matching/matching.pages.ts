import { z } from "zod";
import { none, view } from "../../platform/web/page.ts";
import { atDesk, page, type AppPage } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { requestParams, speakMiles } from "../requests/index.ts";
import { serviceNames } from "../services/index.ts";
import type { Solver } from "./blocks.rules.ts";
import { whatHelps } from "./what-helps.service.ts";
import { whyClinic } from "./why-clinic.service.ts";
import { whyRequest } from "./why.service.ts";

/** The pages that explain, in the words of a desk: the same answers as the API's, distances in miles. */
export const matchingPages = (solve: Solver): readonly AppPage[] => [
  page(
    {
      path: "/requests/:reference/why",
      summary: "What would help a request most, and why others are not asked",
      access: atDesk,
      params: requestParams,
      query: none,
    },
    async ({ actor, params }, database) => {
      const why = await whyRequest(database, actor, params.reference);
      const help = await whatHelps(database, solve, actor, { ...params, speakKm: speakMiles });
      const nameOf = await serviceNames(database.q);
      const lines = why.lines
        .filter(({ looking }) => looking > 0)
        .map(({ line, service, looking, asking, asked, withRoom, notAsked }) => {
          const found = help.lines.find((each) => each.line === line);
          return {
            service: nameOf(service),
            looking,
            asking: asking.words,
            asked,
            withRoom,
            uncovered: found?.uncovered ?? 0,
            helps: found?.helps ?? [],
            notAsked: notAsked.filter(({ reason }) => reason !== "own-practice"),
          };
        });
      return view({
        template: "matching/request.njk",
        title: `What would help ${why.reference}`,
        data: { reference: why.reference, isPaused: why.isPaused, lines, at: speakInstant(new Date(why.at)) },
      });
    },
  ),
  page(
    {
      path: "/clinics/:id/why",
      summary: "Why a clinic is not being offered",
      access: { kind: "roles", roles: ["nurse", "reception", "manager"] },
      params: z.object({ id: z.uuid() }),
      query: none,
    },
    async ({ actor, params }, database) => {
      const { isOffered, findings, at } = await whyClinic(database, actor, params.id);
      return view({
        template: "matching/clinic.njk",
        title: isOffered ? "How this clinic is offered" : "Why this clinic is not offered",
        data: { id: params.id, isOffered, findings, at: speakInstant(new Date(at)) },
      });
    },
  ),
];
