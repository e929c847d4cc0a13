export { bulletinEvents } from "./bulletin.events.ts";
export { bulletinPages } from "./bulletin.pages.ts";
export { bulletinRoutes } from "./bulletin.routes.ts";
export { bulletinLine, postBulletin } from "./bulletin.service.ts";
