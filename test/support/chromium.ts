import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";

const CANDIDATES = [process.env["CHROME_PATH"] ?? "", "/usr/bin/chromium"];

/** A real browser: CHROME_PATH, /usr/bin/chromium, or the one inside `@sparticuz/chromium`. */
export const launchBrowser = async (): Promise<Browser> => {
  // Loaded only where a browser is wanted: every test file imports what imports this one.
  const { chromium } = await import("playwright-core");
  const installed = CANDIDATES.find((file) => file !== "" && existsSync(file));
  // As on a desktop in England, where a field for a date shows dd/mm/yyyy.
  const args = ["--lang=en-GB"];
  if (installed !== undefined) return chromium.launch({ executablePath: installed, args: [...args, "--no-sandbox"] });
  const { default: packaged } = await import("@sparticuz/chromium");
  return chromium.launch({ executablePath: await packaged.executablePath(), args: [...packaged.args, ...args] });
};
