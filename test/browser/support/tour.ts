import type { Page } from "playwright-core";
import type { Actor } from "../../../src/features/access/index.ts";
import type { Town } from "./town.ts";

type Sit = (actor: Actor) => Promise<{ page: Page }>;
type Look = (name: string, page: Page) => Promise<void>;

/** Riverside is short of fourteen dressings. */
export const post14 = async (page: Page): Promise<void> => {
  await page.goto("/requests/new");
  await page.getByLabel("What is short").first().selectOption({ label: "Simple dressing" });
  await page.getByLabel("How many").first().fill("14");
  await page.getByLabel("Seen by").first().selectOption({ label: "Thu 24 Dec, by 18:30" });
  await page.getByRole("button", { name: "Post request" }).click();
  await page.waitForURL(/\/requests\/CR-/);
};

/** From the desk to its first offer of times. */
export const openOffer = async (desk: Page): Promise<void> =>
  desk
    .getByRole("link", { name: /Accept some/ })
    .first()
    .click();

/** On the page of an offer: the first time, and none of the others. */
export const acceptOne = async (desk: Page): Promise<void> => {
  await desk.getByRole("checkbox").first().check();
  await desk.getByRole("button", { name: "Accept some" }).click();
  await desk.waitForURL("/desk");
};

/**
 * Through asking and answering, at the desks and on the board, in every state: empty, full, error, live, overtaken. `look`
 * is a screenshot, or axe.
 */
export const tour = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  const [elm, harbour, , moorland] = town.desks;
  if (elm === undefined || harbour === undefined || moorland === undefined) throw new Error("a town has four desks");
  const { page: home } = await sit(town.home);
  const { page: desk } = await sit(elm);
  const { page: second } = await sit(harbour);
  const { page: caller } = await sit(moorland);
  const { page: broker } = await sit(town.broker);

  await home.context().clearCookies({ name: "covershare-said" });
  await desk.goto("/desk");
  await look("desk-empty", desk);
  await caller.goto("/clinics");
  await look("clinics-empty", caller);
  await home.goto("/requests");
  await look("requests-empty", home);
  await broker.goto("/board");
  await look("board-empty", broker);
  await home.goto("/requests/new");
  await look("ask", home);
  await home.locator("summary", { hasText: "fill in a grid" }).click();
  await look("ask-grid", home);
  await home.getByRole("button", { name: "Post request" }).click();
  await home.locator(".nhsuk-error-summary").waitFor();
  await look("ask-errors", home);

  await post14(home);
  await desk.locator(".cs-offer").first().waitFor();
  await look("desk-offer", desk);
  await home.locator("main").getByText("still to answer").waitFor();
  await look("request-looking", home);
  await openOffer(desk);
  await look("offer-slots", desk);
  await desk.getByRole("button", { name: "Accept some" }).click();
  await desk.locator(".nhsuk-error-summary").waitFor();
  await look("offer-nothing-ticked", desk);
  await acceptOne(desk);
  await look("desk-accepted", desk);
  await home.getByRole("heading", { name: "Where and when" }).waitFor();
  await look("request-agreed", home);

  await desk.locator("#live-agreed a").first().click();
  await desk.locator("summary", { hasText: "We cannot keep this" }).click();
  await look("agreement", desk);
  await broker.locator("#live-risks td").first().waitFor();
  await look("board", broker);
  for (const [name, path] of [
    ["board-requests", "/board/requests"],
    ["board-overview", "/board/overview"],
    ["board-unreachable", "/board/unreachable"],
    ["board-act", `/board${new URL(home.url()).pathname}`],
  ] as const) {
    await broker.goto(path);
    await look(name, broker);
  }
  await broker.getByLabel("Why nudge").selectOption({ index: 1 });
  await broker.getByRole("button", { name: "Nudge" }).click();
  await broker.locator(".nhsuk-notification-banner").waitFor();
  await look("board-nudged", broker);
  await broker.goto(new URL(home.url()).pathname);
  await look("request-broker", broker);

  await caller.goto("/desk");
  const call = caller.getByRole("link", { name: /Offer times/ }).first();
  await call.waitFor();
  await look("desk-call", caller);
  await call.click();
  await look("offer-call", caller);

  await second.goto("/desk");
  await second.locator(".cs-offer").first().waitFor();
  await second.getByText("The federation asks you to look").first().waitFor();
  await second.locator("summary", { hasText: "Decline" }).first().click();
  await look("desk-decline", second);

  const request = new URL(home.url()).pathname;
  for (const [name, path] of [
    ["worksheet", `${request}/worksheet`],
    ["change", `${request}/change`],
    ["requests", "/requests"],
    ["settings-reception", "/settings"],
    ["account", "/settings/account"],
    ["data-flow", "/data-flow"],
    ["switch", "/switch"],
    ["not-found", "/nothing-here"],
  ] as const) {
    await home.goto(path);
    await look(name, home);
  }
};
