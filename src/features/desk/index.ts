export { deskRoutes } from "./desk.routes.ts";
export { deskView, type DeskView } from "./desk.schema.ts";
export { readDesk } from "./desk.service.ts";
export { deskPages } from "./desk.pages.ts";
