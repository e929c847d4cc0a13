import { bulletinEvents } from "../features/bulletin/index.ts";
import { agreementEvents } from "../features/agreements/index.ts";
import { alarmEvents } from "../features/alarms/index.ts";
import { capacityEvents } from "../features/capacity/index.ts";
import { offerEvents } from "../features/offers/index.ts";
import { pressureEvents } from "../features/pressure/index.ts";
import { historyRestored } from "../features/operations/index.ts";
import { settingsChanged } from "../features/practices/index.ts";
import { reachEvents } from "../features/reach/index.ts";
import { requestEvents } from "../features/requests/index.ts";
import { webhookEvents } from "../features/webhooks/index.ts";
import type { EventContract } from "../platform/event-log/event-contract.ts";

/** Every kind of message that an organisation's log may carry: what AsyncAPI documents and the tests hold frames against. */
export const eventContracts: readonly EventContract[] = [
  ...requestEvents,
  ...capacityEvents,
  ...offerEvents,
  ...agreementEvents,
  ...alarmEvents,
  ...pressureEvents,
  ...bulletinEvents,
  settingsChanged,
  historyRestored,
  ...reachEvents,
  ...webhookEvents,
];
