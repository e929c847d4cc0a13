import { atDesk, read, type AppRoute } from "../access/index.ts";
import { deskView } from "./desk.schema.ts";
import { readDesk } from "./desk.service.ts";

export const deskRoutes: readonly AppRoute[] = [
  read(
    {
      method: "GET",
      path: "/v1/snapshot",
      summary: "Everything your desk has in hand, and at which offset of your event log it was read",
      tag: "Stream",
      access: atDesk,
      response: deskView,
    },
    async ({ actor }, database) => ({ body: await readDesk(database, actor) }),
  ),
];
