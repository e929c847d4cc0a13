import type { Page } from "playwright-core";
import type { Actor } from "../../../src/features/access/index.ts";
import type { Town } from "./town.ts";

type Look = (name: string, page: Page) => Promise<void>;

/** Through what a manager sets up now and then: colleagues' roles, tokens, calendars, webhooks. */
const tourSettings = async (desk: Page, look: Look): Promise<void> => {
  await desk.goto("/settings/colleagues");
  await desk.locator("summary", { hasText: "Change roles" }).first().click();
  await look("colleagues-roles", desk);
  await desk.getByRole("button", { name: /Save roles of/ }).waitFor();
  await desk.locator("main ul input:checked").first().uncheck();
  for (const box of await desk.locator("main ul input:checked").all()) await box.uncheck();
  await desk.getByRole("button", { name: /Save roles of/ }).click();
  await desk.getByText("This is the last manager here.").waitFor();
  await look("colleagues-last-manager", desk);

  await desk.goto("/settings/tokens");
  await look("tokens-empty", desk);
  await desk.getByLabel("What it is for").fill("Reports");
  await desk.getByRole("button", { name: "Make a token" }).click();
  await desk.getByText("is shown only now").waitFor();
  await look("tokens", desk);

  await desk.goto("/settings/calendars");
  await look("calendars-empty", desk);
  await desk.getByRole("button", { name: "Make an address" }).click();
  await desk.getByText("is shown only now").waitFor();
  await look("calendars", desk);

  await desk.goto("/settings/webhooks");
  await look("webhooks-empty", desk);
  await desk.locator("summary", { hasText: "Only some kinds" }).click();
  await desk.getByLabel("Address").fill("http://tools.example.invalid/covershare");
  await desk.getByRole("button", { name: "Add webhook" }).click();
  await desk.locator(".nhsuk-error-summary").waitFor();
  await look("webhooks-refused", desk);
  await desk.getByLabel("Address").fill("https://tools.example.invalid/covershare");
  await desk.getByRole("button", { name: "Add webhook" }).click();
  await desk.getByText("Its secret is shown only now.").waitFor();
  await look("webhook-new", desk);
  await desk.getByRole("button", { name: "Send a test" }).click();
  await desk.getByText("It did not arrive").waitFor({ timeout: 15_000 });
  await look("webhook-failing", desk);
  await desk.getByRole("button", { name: "Pause" }).click();
  await desk.getByRole("button", { name: "Switch on" }).waitFor();
  await look("webhook-paused", desk);
  await desk.goto("/settings/webhooks");
  await look("webhooks", desk);
};

/** Same clinics next week?: asked, and answered. */
const tourNextWeek = async (desk: Page, look: Look): Promise<void> => {
  await desk.goto("/clinics/next-week");
  await look("next-week", desk);
  await desk.getByRole("button", { name: "Yes, publish these" }).click();
  await desk.getByText("published for next week. Thank you.").waitFor();
  await look("next-week-published", desk);
  await desk.goto("/clinics/next-week");
  await look("next-week-settled", desk);
  await desk.goto("/clinics");
  await desk.locator("main table a").first().click();
  await desk.getByRole("link", { name: /Why/i }).first().click();
  await look("clinic-why", desk);
};

/** What a manager looks at now and then, by a desk of a town whose other desks may have been toured before. */
export const tourManager = async (
  town: Town,
  sit: (actor: Actor) => Promise<{ page: Page }>,
  look: Look,
): Promise<void> => {
  const [, harbour] = town.desks;
  if (harbour === undefined) throw new Error("a town has four desks");
  const { page } = await sit(harbour);
  await tourSettings(page, look);
  await tourNextWeek(page, look);
};
