import { brokersOnly, command, read, type AppRoute } from "../access/index.ts";
import { alarmParams, alarmsAnswer, alarmsQuery, alarmView, awayBody, rotaBody, rotaView } from "./alarms.schema.ts";
import { acknowledgeAlarm, readAlarms } from "./alarms.service.ts";
import { changeRota, readRota, setAway } from "./rota.service.ts";

const shared = { tag: "Alarms", access: brokersOnly } as const;

export const alarmRoutes: readonly AppRoute[] = [
  read(
    {
      ...shared,
      method: "GET",
      path: "/v1/alarms",
      summary: "What is about to fall through in the sharing group, unacknowledged first",
      query: alarmsQuery,
      response: alarmsAnswer,
    },
    async ({ actor, query }, { q }) => ({ body: { items: await readAlarms(q, actor, query.state) } }),
  ),
  command(
    {
      ...shared,
      method: "POST",
      path: "/v1/alarms/:id/acknowledge",
      summary: "Take an alarm in hand: it climbs no further. Of a silent desk, all its alarms at once",
      params: alarmParams,
      response: alarmView,
    },
    async ({ actor, params }, tx) => ({ body: await acknowledgeAlarm(tx, actor, params.id) }),
  ),
  read(
    {
      ...shared,
      method: "GET",
      path: "/v1/alarm-rota",
      summary: "Who answers your federation's alarms: owner, deputy, and which brokers are away",
      response: rotaView,
    },
    async ({ actor }, { q }) => {
      const rota = await readRota(q, actor);
      return { body: rota, etag: rota.version };
    },
  ),
  command(
    {
      ...shared,
      method: "PUT",
      path: "/v1/alarm-rota",
      summary: "Name the owner and the deputy",
      needsIfMatch: true,
      body: rotaBody,
      response: rotaView,
    },
    async ({ actor, body, ifMatch }, tx) => {
      const rota = await changeRota(tx, actor, ifMatch ?? 0, body);
      return { body: rota, etag: rota.version };
    },
  ),
  command(
    {
      ...shared,
      method: "POST",
      path: "/v1/alarm-rota/away",
      summary: "Say until when you are away; null: you are back",
      body: awayBody,
      response: rotaView,
    },
    async ({ actor, body }, tx) => {
      const rota = await setAway(tx, actor, body.until);
      return { body: rota, etag: rota.version };
    },
  ),
];
