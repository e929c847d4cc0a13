import { none, view } from "../../platform/web/page.ts";
import { atDesk, page, type AppPage } from "../access/index.ts";
import { readGiven } from "./given.service.ts";

const DAYS = 90;

export const givenPages: readonly AppPage[] = [
  page(
    {
      path: "/given",
      summary: "What became of the time that we gave",
      access: atDesk,
      params: none,
      query: none,
    },
    async ({ actor }, { q }) =>
      view({
        template: "agreements/given.njk",
        title: "Time we gave",
        data: { days: DAYS, requests: await readGiven(q, actor.organisationCode, { days: DAYS, limit: 50 }) },
      }),
  ),
];
