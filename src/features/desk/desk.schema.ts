import { z } from "zod";
import { agreementView, taskView } from "../agreements/index.ts";
import { alarmView } from "../alarms/index.ts";
import { offerView } from "../offers/index.ts";
import { requestSummary } from "../requests/index.ts";

/** Everything a desk has in hand, as it stood at `offset` of its event log: resume after that and nothing is missed (S4). */
export const deskView = z.object({
  offset: z.number(),
  at: z.iso.datetime(),
  /** Offers and calls that wait for this organisation's answer, most urgent first, then by answer-by. */
  waiting: z.array(offerView),
  /** Patients whom the practice must ring or decide about, until a person there says that they know (C4, H1). */
  tasks: z.array(taskView),
  /** Of a broker: what is about to fall through in the group, unacknowledged first (F2). Of anybody else: none. */
  alarms: z.array(alarmView),
  /** What is agreed, on either side, from today on, by start. */
  agreements: z.array(agreementView),
  /** Own requests (for a broker the group's) in which something has still to happen, newest first. */
  requests: z.array(requestSummary),
  /** Given to and received from neighbours in the last 90 days and ahead: one's own, compared with nobody's (P4). */
  minutes: z.object({ given: z.number(), received: z.number() }),
});
export type DeskView = z.output<typeof deskView>;
