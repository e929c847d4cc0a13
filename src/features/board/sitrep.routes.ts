import { londonDate } from "../calendar/index.ts";
import { appNow } from "../../platform/db/database.ts";
import { brokersOnly, read, type AppRoute } from "../access/index.ts";
import { readSitrep, sitrepCsv } from "./sitrep.service.ts";

const CSV = "text/csv; charset=utf-8";

export const boardRoutes: readonly AppRoute[] = [
  read(
    {
      method: "GET",
      path: "/v1/sitrep.csv",
      summary: "The group's situation for spreadsheets: needs by service and day, pressure, silent desks",
      tag: "Board",
      access: brokersOnly,
      produces: CSV,
    },
    async ({ actor }, { q }) => ({
      text: { type: CSV, content: sitrepCsv(await readSitrep(q, actor)) },
      headers: { "content-disposition": `attachment; filename="sitrep-${londonDate(await appNow(q))}.csv"` },
    }),
  ),
];
