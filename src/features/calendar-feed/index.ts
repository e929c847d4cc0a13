export { calendarFeedPages } from "./calendar-feed.pages.ts";
export { calendarFeedRoutes } from "./calendar-feed.routes.ts";
