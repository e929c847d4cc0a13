import type { AppRoute } from "../../../src/features/access/index.ts";
import type { Belongings } from "./world.ts";

/** Values for the parameters of one route's address. */
export type Params = Readonly<Record<string, string>>;

/*
 * What the parameters of each family of routes stand for. A route with parameters that no line knows makes the guard test
 * fail: say here what its ids are, so that the test can try somebody else's.
 */
const FAMILIES: readonly (readonly [RegExp, (theirs: Belongings) => Params])[] = [
  [/^\/v1\/cover-requests\/:reference/, ({ reference, needRef }) => ({ reference, ref: needRef })],
  [/^\/v1\/clinics\/:id/, ({ clinicId }) => ({ id: clinicId })],
  [/^\/v1\/clinic-series\/:id/, ({ seriesId }) => ({ id: seriesId })],
  [/^\/v1\/slots\/:id/, ({ slotId }) => ({ id: slotId })],
  [/^\/v1\/offers\/:id/, ({ offerId }) => ({ id: offerId })],
  [/^\/v1\/bulletin\/answers\/:id/, ({ answerId }) => ({ id: answerId })],
  [/^\/v1\/bulletin\/:id/, ({ postId }) => ({ id: postId })],
  [/^\/v1\/alarms\/:id/, ({ alarmId }) => ({ id: alarmId })],
  [/^\/v1\/agreements\/:id/, ({ agreementId }) => ({ id: agreementId })],
  [/^\/v1\/tasks\/:id/, ({ taskId }) => ({ id: taskId })],
  [/^\/v1\/organisations\/:code/, ({ code }) => ({ code })],
  [/^\/v1\/sessions\/:id/, ({ sessionId }) => ({ id: sessionId })],
  [/^\/v1\/tokens\/:id/, ({ tokenId }) => ({ id: tokenId })],
  [/^\/v1\/webhooks\/:id/, ({ webhookId }) => ({ id: webhookId, offset: "1" })],
  [/^\/v1\/calendar-feeds\/:id/, ({ feedId }) => ({ id: feedId })],
  [/^\/v1\/users\/:id\/roles\/:role/, ({ userId }) => ({ id: userId, role: "nurse" })],
];

/** Routes whose parameters name nothing that belongs to anybody, with the reason. */
const NOBODYS: Readonly<Record<string, string>> = {
  "/v1/services/:code": "the catalogue is everybody's; only administrators change it",
  "/v1/cover-plans/:service": "a service of everybody's catalogue; the plan is always that of one's own group",
  "/v1/closures/:date": "a date; what is closed is always one's own organisation",
  "/ics/:file": "public: whoever has the address may read",
  "/v1/invitations/:token/accept": "public: whoever holds the token is the one invited",
};

export const hasParams = (route: AppRoute): boolean => route.path.includes("/:");
export const namesNobodys = (route: AppRoute): boolean => route.path in NOBODYS;

export const paramsFor = (route: AppRoute, theirs: Belongings): Params | undefined =>
  FAMILIES.find(([pattern]) => pattern.test(route.path))?.[1](theirs);

export const fill = (path: string, params: Params): string =>
  path.replaceAll(/:(\w+)/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ""));

/** Well-formed values that exist nowhere. */
export const unknownOf = (params: Params): Params =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (name === "role" || name === "offset") return [name, value];
      if (name === "reference") return [name, "CR-ZZZZZZ"];
      if (name === "ref") return [name, "N99"];
      if (name === "code") return [name, "ZZ9999"];
      return [name, value.length === 64 ? "f".repeat(64) : "01890000-0000-7000-8000-000000000000"];
    }),
  );
