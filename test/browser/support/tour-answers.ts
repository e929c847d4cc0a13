import type { Page } from "playwright-core";
import type { Actor } from "../../../src/features/access/index.ts";
import { aClinic, aUser } from "../../support/index.ts";
import type { Town } from "./town.ts";

type Sit = (actor: Actor) => Promise<{ page: Page }>;
type Look = (name: string, page: Page) => Promise<void>;

const fill = async (page: Page, service: string, many: string): Promise<void> => {
  await page.goto("/requests/new");
  await page.getByLabel("What is short").first().selectOption({ label: service });
  await page.getByLabel("How many").first().fill(many);
  await page.getByLabel("Seen by").first().selectOption({ label: "Thu 24 Dec, by 18:30" });
};

/** Asking: who has room, what is not sorted yet, why, and a request that is paused, given by hand and withdrawn. */
const tourAsking = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  const { page: home } = await sit(town.home);
  const { page: broker } = await sit(town.broker);
  const nurse = await aUser(town.db, { at: town.home.organisationCode, roles: ["nurse"], name: "Jo Blythe" });
  const { page: sorting } = await sit(nurse);
  await fill(home, "Simple dressing", "14");
  await home.locator("#outlook").getByText("could be covered").waitFor();
  await look("ask-outlook", home);
  await fill(home, "Dressing, not yet assessed", "3");
  await home.getByRole("button", { name: "Post request" }).click();
  await home.waitForURL(/\/requests\/CR-/);
  const path = new URL(home.url()).pathname;
  await home.goto(`${path}/change`);
  await look("change-unsorted", home);
  await sorting.goto(`${path}/change`);
  await look("change-sorting", sorting);
  await home.goto(`${path}/why`);
  await look("request-why", home);
  await broker.goto(`${path}/why`);
  await look("request-why-broker", broker);

  await broker.goto(`/board${path}`);
  await broker.getByLabel("Why pause").selectOption({ index: 1 });
  await broker.getByRole("button", { name: "Pause", exact: true }).click();
  await broker.getByText("Paused. Nobody new is asked.").waitFor();
  const [elm] = town.desks;
  await aClinic(town.db, {
    at: elm?.organisationCode ?? "",
    services: ["wound-complex", "wound-unassessed"],
    startsAt: "2026-12-23T14:00:00Z",
    slots: 6,
    slotMinutes: 30,
  });
  await broker.goto(`/board${path}`);
  await look("board-act-paused", broker);
  await broker.getByRole("button", { name: "Assign" }).click();
  await broker.locator(".nhsuk-error-summary").waitFor();
  await look("board-act-error", broker);
  await broker.getByRole("checkbox").first().check();
  await broker.getByRole("button", { name: "Assign" }).click();
  await broker.getByText("Both practices have been told.").waitFor();
  await look("board-act-assigned", broker);
  await broker.goto("/board/requests?due=2026-12-24");
  await look("board-requests-narrowed", broker);
  await broker.goto("/requests");
  await look("requests-broker", broker);
  await home.goto(path);
  await look("request-paused", home);
  await home.locator("summary", { hasText: "Some are not needed" }).click();
  await home.locator("summary", { hasText: "Copy as text" }).click();
  await look("request-opened", home);
  await home.getByRole("button", { name: "Not needed after all" }).click();
  await home.locator(".nhsuk-error-summary").waitFor();
  await look("request-end-error", home);
  await home.locator("input[name=needs]").last().check();
  await home.getByRole("button", { name: "Sorted another way" }).click();
  await home.getByRole("heading", { name: "Ended another way" }).waitFor();
  await look("request-ended", home);
};

/** Answering: other times, what is no longer needed while a page is open, the lost race, thanks. */
const tourAnswering = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  const [elm, harbour] = town.desks;
  if (elm === undefined || harbour === undefined) throw new Error("a town has four desks");
  const { page: home } = await sit(town.home);
  const { page: desk } = await sit(elm);
  const { page: second } = await sit(harbour);
  await fill(home, "Simple dressing", "8");
  await home.getByRole("button", { name: "Post request" }).click();
  await home.waitForURL(/\/requests\/CR-/);
  const path = new URL(home.url()).pathname;
  const some = (page: Page) => page.getByRole("link", { name: /Accept some/ }).first();
  await desk.goto("/desk");
  await some(desk).click();
  await desk.locator("summary", { hasText: "Offer other times" }).click();
  await look("offer-other-times", desk);
  await desk.getByRole("button", { name: "Offer these times" }).click();
  await desk.locator(".nhsuk-error-summary").waitFor();
  await look("offer-other-times-error", desk);
  await desk.getByLabel("Day").first().selectOption({ label: "Tue 22 Dec" });
  await desk.getByLabel("Time").first().fill("16:00");
  await desk.getByRole("button", { name: "Offer these times" }).click();
  await desk.waitForURL("/desk");
  await look("desk-proposed", desk);
  await home.goto("/desk");
  await home.locator(".cs-offer").first().waitFor();
  await look("desk-proposal", home);
  await home.locator(".cs-offer a").first().click();
  await look("offer-proposal", home);

  await second.goto("/desk");
  await some(second).click();
  const offer = second.url();
  await second.getByRole("button", { name: "Checking with our nurse" }).click();
  await second.locator(".nhsuk-notification-banner").waitFor();
  await look("offer-checking", second);
  await second.locator("#live-status", { hasText: "Live" }).waitFor();
  await home.goto(path);
  await home.locator("summary", { hasText: "Some are not needed" }).click();
  for (const box of await home.locator("input[name=needs]").all()) await box.check();
  await home.getByRole("button", { name: "Not needed after all" }).click();
  await home.getByText("Withdrawn.").waitFor();
  await look("request-withdrawn", home);
  await second.locator(".cs-gone-note").first().waitFor();
  await look("offer-overtaken", second);
  await second.getByRole("button", { name: "Accept", exact: true }).click();
  await second.locator(".nhsuk-notification-banner").waitFor();
  await look("offer-too-late", second);
  await second.goto(offer);
  await look("offer-ended", second);
  await second.goto("/desk");
  await second.getByText("no longer needed, thank you").first().waitFor();
  await look("desk-thanks", second);
};

/** Clinics: firm ones to confirm, a slot that has gone, what is missing, how many slots. */
const tourFirm = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  const [, , station] = town.desks;
  if (station === undefined) throw new Error("a town has four desks");
  const { page } = await sit(station);
  await aClinic(town.db, {
    at: station.organisationCode,
    services: ["b12", "phleb"],
    startsAt: "2026-12-22T15:00:00Z",
    slots: 6,
    slotMinutes: 10,
    pledge: "firm",
    confirmedOn: null,
    lane: "N2",
  });
  await page.goto("/clinics");
  await look("clinics-to-confirm", page);
  await page.getByRole("button", { name: "These firm slots are still ours to give" }).click();
  await page.getByText("Confirmed for today.").waitFor();
  await look("clinics-confirmed", page);
  await page.locator("main table a", { hasText: "15:00" }).click();
  await page
    .getByRole("button", { name: /This slot has gone/ })
    .first()
    .click();
  await page.locator(".nhsuk-notification-banner").waitFor();
  await look("clinic-slot-gone", page);
  await page.goto("/clinics/new");
  await page.getByRole("button", { name: "Publish clinic" }).click();
  await page.locator(".nhsuk-error-summary").waitFor();
  await look("clinic-new-errors", page);
  await page.getByLabel("Day").selectOption({ index: 2 });
  await page.getByLabel("From", { exact: true }).fill("14:00");
  await page.getByLabel("Until", { exact: true }).fill("16:00");
  await page.getByLabel("Ear care and wax removal").check();
  await page.getByRole("button", { name: "Show how many slots" }).click();
  await page.locator("#slot-count strong").waitFor();
  await look("clinic-new-counted", page);
  await page.getByRole("button", { name: "Publish clinic" }).click();
  await page.getByText("6 slots are published.").waitFor();
  await look("clinics-published", page);
  await page.goto("/given");
  await look("given-empty", page);
};

export const tourAnswers = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  await tourAsking(town, sit, look);
  await tourAnswering(town, sit, look);
  await tourFirm(town, sit, look);
};
