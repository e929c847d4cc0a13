export { createCourier, type Courier, type CourierParts } from "./webhooks.jobs.ts";
export { sealingSweepers } from "./sealing.service.ts";
export { describeMessages } from "./messages.schema.ts";
export { webhookEvents } from "./webhooks.events.ts";
export { webhookPages } from "./webhooks.pages.ts";
export { webhookRoutes, type WebhookParts } from "./webhooks.routes.ts";
