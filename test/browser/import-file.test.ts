import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithBrowser } from "../support/index.ts";
import { buildScript } from "./support/build-script.ts";
import { openTown, sitDown, type Town } from "./support/town.ts";

describeWithBrowser("a CSV file that is chosen on the import page", (browser) => {
  let town: Town;
  let folder: string;
  beforeAll(async () => {
    buildScript();
    town = await openTown();
    folder = await mkdtemp(path.join(tmpdir(), "covershare-import-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await town.close();
  });

  it("C6: is read into the field, looked over, and imported; without script there is no chooser", async () => {
    const [, , , moorland] = town.desks;
    if (moorland === undefined) throw new Error("a town has four desks");
    const rows = "date,from,until,services,slot_minutes,pledge\r\n29/12/2026,09:00,10:00,wound-simple,20,ask\r\n";
    const file = path.join(folder, "clinics.csv");
    await writeFile(file, rows);
    const { page } = await sitDown(browser(), town, moorland);
    await page.goto("/clinics/import");
    await page.getByLabel(/file/i).first().setInputFiles(file);
    const field = page.getByLabel("Rows of the file");
    await page.waitForFunction("document.querySelector('textarea').value !== ''");
    expect((await field.inputValue()).trimEnd().split("\n")).toEqual(rows.trimEnd().split("\r\n"));
    await page.getByRole("button", { name: "Import" }).click();
    await page.getByText("1 row: 1 new").waitFor();
    const plain = await sitDown(browser(), town, moorland, { javaScriptEnabled: false });
    await plain.page.goto("/clinics/import");
    expect(await plain.page.locator('input[type="file"]').isVisible()).toBe(false);
    expect(await plain.page.getByLabel("Rows of the file").isVisible()).toBe(true);
  });
});
