import { none, view } from "../../platform/web/page.ts";
import { brokersOnly, page, type AppPage } from "../access/index.ts";
import { londonInstant, speakDay } from "../calendar/index.ts";
import { readSitrep } from "./sitrep.service.ts";

export const sitrepPages: readonly AppPage[] = [
  page(
    {
      path: "/board/sitrep",
      summary: "The group's situation on one page, to print or to load into a spreadsheet",
      access: brokersOnly,
      params: none,
      query: none,
    },
    async ({ actor }, { q }) => {
      const { needs, ...rest } = await readSitrep(q, actor);
      return view({
        template: "board/sitrep.njk",
        title: `Sitrep ${rest.at}`,
        data: { ...rest, needs: needs.map((row) => ({ ...row, on: speakDay(londonInstant(row.day, "12:00")) })) },
      });
    },
  ),
];
