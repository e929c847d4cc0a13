import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Actor, Role } from "../../../src/features/access/index.ts";
import { openSession } from "../../../src/features/identity/sessions.repository.ts";
import { ensureCatalogue } from "../../../src/features/services/index.ts";
import { startTestApp, type TestApp, type TestAppOptions } from "../../support/app.ts";
import { aBroker, aClinic, aPractice, aUser, couldDo, openTestDatabase } from "../../support/index.ts";
import type { TestDatabase } from "../../support/index.ts";

/** Monday of the week of Christmas 2026, with everybody at work. */
export const MONDAY = "2026-12-21T09:00:00Z";

export interface Town {
  readonly db: TestDatabase;
  readonly app: TestApp;
  /** Reception at Riverside, which is short. */
  readonly home: Actor;
  /** Desks of three neighbours with clinics on Tuesday, and of one that published nothing. */
  readonly desks: readonly Actor[];
  readonly broker: Actor;
  close(): Promise<void>;
}

/** Invented. */
const NAMES = ["Priya Shah", "Tom Reed", "Ann Lowe", "Kofi Mensah", "Jo Blythe"] as const;

const at = async (db: TestDatabase, name: string, roles: readonly Role[]): Promise<Actor> => {
  const { code } = await aPractice(db, { name });
  return aUser(db, { at: code, roles, name: NAMES[name.length % NAMES.length] ?? "Sam" });
};

/** An invented federation on the whole service: API, matcher, stream and pages. */
export const openTown = async (options: TestAppOptions = {}): Promise<Town> => {
  const db = await openTestDatabase();
  await ensureCatalogue(db.q);
  await db.holdClock(MONDAY);
  const home = await at(db, "Riverside Surgery", ["reception"]);
  // The nearest, so that it is among the three that are called.
  const moorland = await at(db, "Moorland Practice", ["nurse", "manager"]);
  const desks: Actor[] = [];
  for (const name of ["Elm Tree Practice", "Harbour Medical Centre", "Station Road Surgery"])
    desks.push(await at(db, name, ["nurse", "manager"]));
  desks.push(moorland);
  const broker = await aBroker(db, { name: "Five Valleys Federation" });
  for (const [index, desk] of desks.slice(0, 3).entries())
    await aClinic(db, {
      at: desk.organisationCode,
      services: ["wound-simple"],
      startsAt: `2026-12-22T${String(9 + index * 2).padStart(2, "0")}:00:00Z`,
      slots: 4,
    });
  for (const desk of desks) await couldDo(db, desk.organisationCode, "wound-simple");
  const app = await startTestApp(db, options);
  return {
    db,
    app,
    home,
    desks,
    broker,
    close: async () => {
      await app.close();
      await db.close();
    },
  };
};

export const widths = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } } as const;

/** Somebody at a computer: signed in, in a browser context of their own. */
export const sitDown = async (
  browser: Browser,
  town: Town,
  actor: Actor,
  options: { width?: keyof typeof widths; javaScriptEnabled?: boolean } = {},
): Promise<{ context: BrowserContext; page: Page }> => {
  const { secret } = await town.db.database.transact(async (tx) =>
    openSession(tx, { userId: actor.userId, actingFor: actor.organisationCode }),
  );
  const context = await browser.newContext({
    baseURL: town.app.url,
    viewport: widths[options.width ?? "desktop"],
    javaScriptEnabled: options.javaScriptEnabled ?? true,
    locale: "en-GB",
    timezoneId: "Europe/London",
  });
  await context.addCookies([{ name: "covershare", value: secret, url: town.app.url }]);
  return { context, page: await context.newPage() };
};
