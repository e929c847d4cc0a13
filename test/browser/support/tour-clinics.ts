import type { Page } from "playwright-core";
import type { Actor } from "../../../src/features/access/index.ts";
import { acceptOne, openOffer, post14 } from "./tour.ts";
import type { Town } from "./town.ts";

type Sit = (actor: Actor) => Promise<{ page: Page }>;
type Look = (name: string, page: Page) => Promise<void>;

/** Publishing weekly, closing, importing, printing, changing a clinic with agreed times. */
const tourChanges = async (desk: Page, look: Look): Promise<void> => {
  await desk.goto("/clinics/weekly");
  await look("weekly-empty", desk);
  await desk.goto("/clinics/weekly/new");
  await look("weekly-new", desk);
  await desk.getByRole("button", { name: "Publish weekly clinic" }).click();
  await desk.locator(".nhsuk-error-summary").waitFor();
  await look("weekly-new-errors", desk);
  await desk.getByLabel("Tuesday").check();
  await desk.getByLabel("Friday").check();
  await desk.getByLabel("From", { exact: true }).fill("14:00");
  await desk.getByLabel("Until", { exact: true }).fill("16:00");
  await desk.getByLabel("Simple dressing").check();
  await desk.getByRole("button", { name: "Show how many slots" }).click();
  await desk.locator("#slot-count strong").waitFor();
  await look("weekly-new-counted", desk);
  await desk.getByRole("button", { name: "Publish weekly clinic" }).click();
  await desk.getByRole("heading", { name: "The next eight weeks" }).waitFor();
  await look("weekly", desk);
  await desk.goto("/clinics/weekly");
  await look("weekly-list", desk);

  await desk.goto("/clinics/import");
  await look("import", desk);
  await desk
    .getByLabel("Rows of the file")
    .fill(
      `date,from,until,services,slot_minutes,pledge\n28/12/2026,09:00,10:00,b12,10,ask\n29/12/2026,nine,10:00,b12,10,perhaps`,
    );
  await desk.getByRole("button", { name: "Import" }).click();
  await desk.getByRole("cell", { name: /not a time of day/ }).waitFor();
  await look("import-refused", desk);
  await desk.getByLabel(/Import the good rows/).check();
  await desk.getByRole("button", { name: "Import" }).click();
  await desk.getByRole("link", { name: "See our clinics" }).waitFor();
  await look("import-report", desk);

  await desk.goto("/clinics/day-sheet?date=2026-12-22");
  await look("day-sheet", desk);
  await desk.goto("/clinics/day-sheet");
  await look("day-sheet-empty", desk);

  await desk.goto("/clinics");
  await desk.locator("main table a").first().click();
  await look("clinic", desk);
  await desk.getByRole("link", { name: /Change day/ }).click();
  await look("clinic-change", desk);
  await desk.getByLabel("From", { exact: true }).fill("09:20");
  await desk.getByRole("button", { name: "Save changes" }).click();
  await desk.getByRole("button", { name: "Change and tell them" }).waitFor();
  await look("clinic-change-breaks", desk);

  await desk.goto("/clinics/closures");
  await desk.getByLabel("We are closed on").fill("2026-12-22");
  await desk.getByRole("button", { name: "Close on this day" }).click();
  await desk.getByRole("button", { name: "Close and tell them" }).waitFor();
  await look("closures-breaks", desk);
  await desk.getByRole("link", { name: "Stay open" }).click();
  await desk.getByLabel("We are closed on").fill("2026-12-30");
  await desk.getByRole("button", { name: "Close on this day" }).click();
  await desk.getByRole("button", { name: /Open after all/ }).waitFor();
  await look("closures", desk);
};

/**
 * Through the pages of clinics of a desk that has agreed to a time of its first one, and what else is set up there, to
 * signing out. `look` is a screenshot, or axe.
 */
export const tourClinics = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  const [elm] = town.desks;
  if (elm === undefined) throw new Error("a town has four desks");
  const { page: home } = await sit(town.home);
  const { page: desk } = await sit(elm);
  await post14(home);
  await desk.goto("/desk");
  await desk.locator(".cs-offer").first().waitFor();
  await openOffer(desk);
  await acceptOne(desk);
  for (const [name, path] of [
    ["clinics", "/clinics"],
    ["clinic-new", "/clinics/new"],
    ["settings", "/settings"],
    ["colleagues", "/settings/colleagues"],
    ["channels", "/settings/channels"],
  ] as const) {
    await desk.goto(path);
    await look(name, desk);
  }
  await tourChanges(desk, look);
  await desk.goto("/clinics");
  await desk.locator("main table a").first().click();
  await desk.getByRole("button", { name: "Withdraw clinic" }).click();
  await look("clinic-withdraw", desk);
  await desk.getByRole("button", { name: "Sign out" }).click();
  await desk.waitForURL(/sign-in/);
  await look("sign-in", desk);
};
