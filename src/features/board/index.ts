export { boardSweepers } from "./board.jobs.ts";
export { boardPages } from "./board.pages.ts";
export { readBoard, type Board } from "./board.service.ts";
export { fallbackPage } from "./fallback.service.ts";
export { boardRoutes } from "./sitrep.routes.ts";
