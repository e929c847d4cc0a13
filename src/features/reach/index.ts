export { queueMail, type MailToQueue } from "./queue.service.ts";
export { composeDue, type WaysOut } from "./compose.service.ts";
export { deriveDeliveries } from "./derive.service.ts";
export { sendDue, type Couriers } from "./send.service.ts";
export type { Courier, Outcome } from "./courier.ts";
export { createSmtpCourier, messageIdOf } from "./smtp.courier.ts";
export { reachEvents } from "./reach.events.ts";
export { reachSweepers, SENT_AT_ONCE, sendingSweeper } from "./reach.jobs.ts";
