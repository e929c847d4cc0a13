// Declares every table, so that what is said about the data (P5) is complete whatever else this process has loaded.
import "../features/agreements/agreements.table.ts";
import "../features/alarms/alarms.table.ts";
import "../features/audit/audit.table.ts";
import "../features/calendar-feed/calendar-feed.table.ts";
import "../features/board/board.table.ts";
import "../features/bulletin/bulletin.table.ts";
import "../features/capacity/capacity.table.ts";
import "../features/capacity/next-week.table.ts";
import "../features/capacity/series.table.ts";
import "../features/cover-plans/cover-plans.table.ts";
import "../features/identity/identity.table.ts";
import "../features/match-due/match-due.table.ts";
import "../features/offers/offers.table.ts";
import "../features/practices/practices.table.ts";
import "../features/pressure/pressure.table.ts";
import "../features/privacy/purge.table.ts";
import "../features/reach/reach.table.ts";
import "../features/requests/requests.table.ts";
import "../features/services/services.table.ts";
import "../features/webhooks/webhooks.table.ts";
import "../platform/clock/held-clock.table.ts";
import "../platform/event-log/event-log.table.ts";
import "../platform/http/idempotency.table.ts";

export { classifiedTables } from "../platform/db/columns.ts";
