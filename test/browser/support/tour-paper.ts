import { sql } from "drizzle-orm";
import type { Page } from "playwright-core";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { fallbackPage } from "../../../src/features/board/fallback.service.ts";
import { composeDue, deriveDeliveries } from "../../../src/features/reach/index.ts";
import { renderMail } from "../../../src/features/reach/letter.rules.ts";
import { letter } from "../../../src/features/reach/letter.schema.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { TEST_GROUP, until } from "../../support/index.ts";
import { aMailbox, PUBLIC_URL } from "../../features/reach/support.ts";
import { walkTo } from "../../features/agreements/support.ts";
import { agreeFour } from "./tour-handover.ts";
import { fallShort } from "./tour-safety.ts";
import type { Town } from "./town.ts";

type Sit = (actor: Actor) => Promise<{ page: Page }>;
type Look = (name: string, page: Page) => Promise<void>;

/** The printable width and height of A4 at 96 dots an inch. */
const A4 = { width: 718, height: 1046 };

/** As paper: what would be printed of a page. */
const onPaper = async (page: Page, look: () => Promise<void>): Promise<void> => {
  const screen = page.viewportSize() ?? A4;
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize(A4);
  await look();
  await page.setViewportSize(screen);
  await page.emulateMedia({ media: "screen" });
};

/** What leaves the screen: sheets, the page for when all is down, and each kind of message that was sent. */
export const tourPaper = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  const { db } = town;
  for (const { organisationCode } of [town.home, town.broker, ...town.desks]) await aMailbox(db, organisationCode);
  const work = await agreeFour(town);
  await walkTo(db, { ...work, ids: work.ids.slice(0, 2) }, "told");
  await fallShort(town);
  await until(async () => (await db.q.execute(sql`select 1 from offers where state = 'waiting'`)).rows.length > 2, {
    withinMs: 15_000,
    what: "offers",
  });
  const { page: home } = await sit(town.home);
  const { page: desk } = await sit(work.supporting);
  const { page: broker } = await sit(town.broker);
  for (const [name, page, path] of [
    ["worksheet", home, `/requests/${work.request.reference}/worksheet`],
    ["day-sheet", desk, "/clinics/day-sheet?date=2026-12-22"],
    ["sitrep", broker, "/board/sitrep"],
  ] as const) {
    await page.goto(path);
    await onPaper(page, async () => look(`print-${name}`, page));
  }

  // Neither comes with the policy of a page of ours.
  await broker.goto("about:blank");
  await broker.setContent(await fallbackPage(db.q, TEST_GROUP));
  await look("fallback", broker);
  await onPaper(broker, async () => look("print-fallback", broker));

  // The service has no mail here, and let them go: as if it had.
  await deriveDeliveries(db.database);
  await db.q.execute(sql`update deliveries set dropped_at = null, drop_reason = null, due_at = app_now()`);
  await composeDue(db.database, { hasMail: true, hasPush: false });
  const sent = await rows(
    db.q,
    z.object({ content: letter }),
    sql`select distinct on (content ->> 'subject') content from envelopes order by content ->> 'subject'`,
  );
  await home.goto("about:blank");
  for (const [at, { content }] of sent.entries()) {
    await home.setContent(renderMail(content, PUBLIC_URL).html);
    await look(`mail-${at + 1}`, home);
  }
};
