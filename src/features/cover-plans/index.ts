export { coverPlanPages } from "./cover-plans.pages.ts";
export { askingSql, readAskingFor } from "./cover-plans.repository.ts";
export { coverPlanRoutes } from "./cover-plans.routes.ts";
export { defaultPlan, rushPlan, speakAsking, waitInRing } from "./cover-plans.rules.ts";
export { type Asking } from "./cover-plans.schema.ts";
