import type { Page } from "playwright-core";

/** What people do at a desk, by keyboard and by looking. */

export const press = async (page: Page, ...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};

/** Where the keyboard is: the name of the focused field or button. */
export const focused = async (page: Page): Promise<string> =>
  String(
    await page.evaluate("document.activeElement.getAttribute('name') || document.activeElement.textContent.trim()"),
  );

export const tabTo = async (page: Page, name: string): Promise<void> => {
  for (let tabs = 0; tabs < 40; tabs += 1) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the keyboard never reached ${name}`);
};

/** Reception posts fourteen dressings and never touches the mouse. Answers the path of the request. */
export const postByKeyboard = async (page: Page, day = "Thu 24"): Promise<string> => {
  await page.goto("/desk");
  await tabTo(page, "Ask for cover");
  await Promise.all([page.waitForURL("/requests/new"), press(page, "Enter")]);
  await tabTo(page, "service");
  await page.keyboard.type("Simple dr");
  await tabTo(page, "count");
  await page.keyboard.type("14");
  await tabTo(page, "by");
  await page.keyboard.type(day);
  await tabTo(page, "Post request");
  await Promise.all([page.waitForURL(/\/requests\/CR-/), press(page, "Enter")]);
  return new URL(page.url()).pathname;
};

/** The four counts of the page's first request: `Looking 10 Agreed 4 Booked 0 Told 0`. */
export const counts = async (page: Page): Promise<string> =>
  (await page.locator("main .cs-counts").first().innerText()).replaceAll(/\s+/g, " ");

/** An offer of held times; a call has no Accept button. */
export const OFFER_OF_TIMES = '.cs-offer:has(form[action$="/accept"])';

export const waitFor = async (page: Page, text: string | RegExp): Promise<void> =>
  page.getByText(text).first().waitFor({ timeout: 8_000 });
