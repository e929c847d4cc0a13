import { z } from "zod";
import { appNow } from "../../platform/db/database.ts";
import { none, redirect, refuse, view } from "../../platform/web/page.ts";
import { brokersOnly, form, page, type AppPage } from "../access/index.ts";
import { acknowledgeAlarm, alarmParams, nameOfAlarm, readAlarms, speakEnding } from "../alarms/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { serviceNames } from "../services/index.ts";
import { presentAlarms } from "./alarms.view.ts";

/** Alarms: taking one in hand from the board, and what became of those before. */
export const alarmPages: readonly AppPage[] = [
  form(
    {
      path: "/board/alarms/:id/acknowledge",
      summary: "Take an alarm in hand",
      access: brokersOnly,
      params: alarmParams,
      input: z.object({}),
      read: () => ({}),
      again: async (_visit, _database, state) => refuse("/board", state),
    },
    async ({ actor, params }, tx) => {
      const { kind, deskName, phone } = await acknowledgeAlarm(tx, actor, params.id);
      return redirect("/board", {
        kind: "done",
        title: "You are on it. Everybody sees that.",
        ...(kind === "desk-silent" && phone !== null ? { text: `Ring ${deskName}: ${phone}` } : {}),
      });
    },
  ),
  page(
    {
      path: "/board/alarms",
      summary: "Alarms that are live, and what became of the latest",
      access: brokersOnly,
      params: none,
      query: none,
    },
    async ({ actor }, { q }) => {
      const now = await appNow(q);
      const nameOf = await serviceNames(q);
      const ended = await readAlarms(q, actor, "ended");
      return view({
        template: "board/alarms.njk",
        title: "Alarms",
        data: {
          alarms: presentAlarms(await readAlarms(q, actor, "live"), now, nameOf),
          ended: ended.map((alarm) => ({
            id: alarm.id,
            name: nameOfAlarm(alarm.kind),
            desk: alarm.deskName,
            reference: alarm.reference,
            raised: speakInstant(new Date(alarm.raisedAt)),
            ended: alarm.endedAt === null ? "" : speakInstant(new Date(alarm.endedAt)),
            how: alarm.endedAs === null ? "" : speakEnding(alarm.endedAs),
            by: alarm.acknowledgedBy,
          })),
        },
      });
    },
  ),
];
