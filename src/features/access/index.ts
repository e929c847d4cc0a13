export { command, commandAhead, custom, isBroker, read, roles, type Actor, type AppRoute, type Role } from "./actor.ts";
export { anyone, atDesk, brokersOnly, adminsOnly, managersOnly, signedIn } from "./access.policy.ts";
export { form, openForm, page, type AppPage } from "./app-page.ts";
