import { sql } from "drizzle-orm";
import type { Page } from "playwright-core";
import { z } from "zod";
import { demoChooser } from "../../../src/app/demo/chooser.ts";
import { DEMO_BANNER } from "../../../src/app/demo/invented.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { startTestApp } from "../../support/app.ts";
import { aUser } from "../../support/index.ts";
import type { Town } from "./town.ts";

type Sit = (actor: Actor) => Promise<{ page: Page }>;
type Look = (name: string, page: Page) => Promise<void>;

/** More than one address may get wrong in a while. */
const TOO_MANY = 12;

/** Who wants in: signing in and its errors, an invitation, two organisations, a session that ended meanwhile. */
const tourSignIn = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  const [elm, harbour] = town.desks;
  if (elm === undefined || harbour === undefined) throw new Error("a town has four desks");
  const { page: desk } = await sit(elm);
  const stranger = await (
    await desk.context().browser()?.newContext({
      baseURL: town.app.url,
      viewport: desk.viewportSize(),
      locale: "en-GB",
    })
  )?.newPage();
  if (stranger === undefined) throw new Error("a page needs a browser");
  await stranger.goto("/sign-in");
  await stranger.getByRole("button", { name: "Sign in" }).click();
  await stranger.locator(".nhsuk-error-summary").waitFor();
  await look("sign-in-errors", stranger);
  await stranger.goto("/requests/new");
  await look("sign-in-to-go-on", stranger);
  for (let tries = 0; tries < TOO_MANY; tries += 1) {
    await stranger.getByLabel("Email address").fill("kim@practice.example");
    await stranger.getByLabel("Password").fill("not this one");
    await stranger.getByRole("button", { name: "Sign in" }).click();
    await stranger
      .getByText(/do not belong together|too many|Wait/i)
      .first()
      .waitFor();
    if (tries === 0) await look("sign-in-wrong", stranger);
  }
  await look("sign-in-too-often", stranger);

  await desk.goto("/settings/colleagues");
  await desk.getByLabel("Name").fill("Kofi Mensah");
  await desk.getByLabel("Email address").fill("kofi@elmtree.example");
  await desk.getByRole("button", { name: "Invite" }).click();
  await desk.locator(".nhsuk-error-summary").waitFor();
  await look("colleagues-error", desk);
  await desk.getByLabel("Reception", { exact: true }).last().check();
  await desk.getByRole("button", { name: "Invite" }).click();
  await desk.getByText("is invited.").waitFor();
  await look("colleagues-invited", desk);
  const link = await desk.locator("main a", { hasText: "/invitations/" }).innerText();
  await stranger.goto(link);
  await look("invitation", stranger);
  await stranger.getByLabel("Password").fill("short");
  await stranger.getByRole("button", { name: "Join" }).click();
  await stranger.locator(".nhsuk-error-summary").waitFor();
  await look("invitation-error", stranger);
  await stranger.getByLabel("Password").fill("three sheep on a hill");
  await stranger.getByRole("button", { name: "Join" }).click();
  await stranger.getByText("You have joined.").waitFor();
  await look("invitation-joined", stranger);

  const both = await aUser(town.db, { at: elm.organisationCode, roles: ["nurse"], name: "Jo Blythe" });
  await town.db.q.execute(
    sql`insert into user_roles (user_id, organisation_code, role) values (${both.userId}, ${harbour.organisationCode}, 'nurse')`,
  );
  const { page: nurse } = await sit(both);
  await nurse.goto("/switch");
  await look("switch-two", nurse);
  await nurse.goto("/settings/account");
  await nurse.getByRole("button", { name: "Change password" }).click();
  await nurse.locator(".nhsuk-error-summary").waitFor();
  await look("account-errors", nurse);
  await nurse.goto("/desk");
  await nurse.locator("#live-status", { hasText: "Live" }).waitFor();
  await town.db.q.execute(sql`delete from sessions where user_id = ${both.userId}`);
  await nurse.locator("#live-status", { hasText: "Signed out" }).waitFor({ timeout: 15_000 });
  await look("desk-signed-out", nurse);
};

/** What stands where a page cannot be shown. */
const tourErrors = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  const { page } = await sit(town.home);
  await page.goto("/settings/colleagues");
  await look("error-403", page);
  await page.goto("/settings/account");
  await page.evaluate("document.querySelectorAll('[name=_csrf]').forEach((field) => { field.value = 'old' })");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText("This page was open too long").waitFor();
  await look("error-too-old", page);
  await page.goto("/desk");
  await page.locator("#live-status", { hasText: "Live" }).waitFor();
  await page.context().setOffline(true);
  await page.locator("#live-status", { hasText: "Reconnecting" }).waitFor();
  await look("desk-reconnecting", page);
  await page.context().setOffline(false);
  await page.locator("#live-status", { hasText: "Live" }).waitFor();
  await town.db.q.execute(sql`alter table bulletin_posts rename to mislaid`);
  await page.goto("/bulletin");
  await look("error-500", page);
  await town.db.q.execute(sql`alter table mislaid rename to bulletin_posts`);
};

/** Where the test message leads: nobody but its mail holds that address. */
const confirmLink = async (town: Town): Promise<string> => {
  const found = await rows(
    town.db.q,
    z.object({ content: z.string() }),
    sql`select content::text as content from deliveries where kind = 'test'`,
  );
  return /\/settings\/channels\/confirm\/[\w-]{43}/.exec(found[0]?.content ?? "")?.[0] ?? "/";
};

/** The demonstration's sign-in page, and a mailbox in each state: of a server with other settings on the same data. */
const tourOtherServer = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  const [elm] = town.desks;
  if (elm === undefined) throw new Error("a town has four desks");
  const app = await startTestApp(town.db, {
    matcher: false,
    banner: DEMO_BANNER,
    chooser: demoChooser,
    environment: { SMTP_URL: "smtp://127.0.0.1:9", MAIL_FROM: "cover@example.test" },
  });
  try {
    const { page: desk } = await sit(elm);
    // The cookie is the same: the session is in the database that both read.
    const at = (path: string): string => `${app.url}${path}`;
    await desk.goto(at("/settings/channels"));
    await desk.getByLabel("Shared mailbox").fill("not a mailbox");
    await desk.getByRole("button", { name: "Save mailbox" }).click();
    await desk.locator(".nhsuk-error-summary").waitFor();
    await look("channels-error", desk);
    await desk.getByLabel("Shared mailbox").fill("reception@elmtree.example");
    await desk.getByRole("button", { name: "Save mailbox" }).click();
    await desk.locator(".nhsuk-notification-banner").waitFor();
    await look("channels-unconfirmed", desk);
    await desk.goto(at(await confirmLink(town)));
    await look("channels-confirm", desk);
    await desk.goto(at("/desk"));
    await look("desk-mailbox-unconfirmed", desk);
    await town.db.q.execute(
      sql`update reach_channels set confirmed_at = app_now() where organisation_code = ${elm.organisationCode}`,
    );
    await desk.goto(at("/settings/channels"));
    await look("channels-works", desk);
    await desk.goto(at("/board/unreachable"));
    await town.db.q.execute(
      sql`update reach_channels set failures = 3, failing_since = app_now() where organisation_code = ${elm.organisationCode}`,
    );
    await desk.goto(at("/settings/channels"));
    await look("channels-failing", desk);
    await desk.goto(at("/desk"));
    await look("desk-mailbox-failing", desk);
    await desk.context().clearCookies();
    await desk.goto(at("/sign-in"));
    await look("sign-in-chooser", desk);
  } finally {
    await app.close();
  }
};

export const tourDoors = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  await tourSignIn(town, sit, look);
  await tourErrors(town, sit, look);
  await tourOtherServer(town, sit, look);
};
