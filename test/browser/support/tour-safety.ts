import { sql } from "drizzle-orm";
import type { Page } from "playwright-core";
import type { Actor } from "../../../src/features/access/index.ts";
import { askForMatching } from "../../../src/features/match-due/index.ts";
import { aRequest, aUser, TEST_GROUP, until } from "../../support/index.ts";
import type { Town } from "./town.ts";

type Sit = (actor: Actor) => Promise<{ page: Page }>;
type Look = (name: string, page: Page) => Promise<void>;

const NUMBERS = ["01632960123", "01632960456", "01632960789", "01632960159", "01632960357"];

/** Riverside is short twice: of dressings, which three desks are asked for, and of ear care, which nobody has. */
export const fallShort = async (town: Town): Promise<{ dressings: string; ears: string }> => {
  const { db, home } = town;
  for (const [at, { organisationCode }] of [home, ...town.desks].entries())
    await db.q.execute(
      sql`update organisations set bypass_phone = ${NUMBERS[at] ?? null} where code = ${organisationCode}`,
    );
  const short = async (service: string, count: number, dueBy: string): Promise<string> => {
    const by = { home: home.organisationCode, needs: [{ service, count, dueBy }] };
    return (await aRequest(db, by)).reference;
  };
  const dressings = await short("wound-simple", 9, "2026-12-24T18:30:00Z");
  const ears = await short("ear", 2, "2026-12-21T11:30:00Z");
  await db.database.transact(async (tx) => askForMatching(tx, TEST_GROUP, "test"));
  return { dressings, ears };
};

const tourBulletin = async (desk: Page, broker: Page, look: Look): Promise<void> => {
  await desk.goto("/bulletin");
  await look("bulletin-empty", desk);
  await desk.getByLabel("Ask the practices of your group").fill("Who is 943 476 5919?");
  await desk.getByRole("button", { name: "Ask", exact: true }).click();
  await desk.locator(".nhsuk-error-summary").waitFor();
  await look("bulletin-error", desk);
  await desk.getByLabel("Ask the practices of your group").fill("Has anybody a spare bladder scanner until Thursday?");
  await desk.getByRole("button", { name: "Ask", exact: true }).click();
  await desk.getByText("Posted. Everybody in your group can read it.").waitFor();
  await broker.goto("/bulletin");
  await broker
    .getByLabel("What does your group need to know?")
    .fill("Snow is forecast for Wednesday. Ring before you send patients across the moor.");
  await broker.getByRole("button", { name: "Post notice" }).click();
  await broker
    .getByRole("link", { name: /Answer.*bladder scanner/ })
    .first()
    .click();
  await broker.getByLabel("Your answer").fill("The hub has one. Ring its desk.");
  await broker.getByRole("button", { name: "Answer", exact: true }).click();
  await broker.getByText("Answered.").waitFor();
  await look("bulletin-post", broker);
  await desk.goto("/bulletin");
  await look("bulletin", desk);
};

const tourPressure = async (desk: Page, look: Look): Promise<void> => {
  await desk.goto("/settings/pressure");
  await look("pressure", desk);
  await desk.goto("/desk");
  await desk.getByRole("button", { name: /OPEL 3/ }).click();
  await desk.getByText("Nobody new asks you until then.").waitFor();
  await look("desk-pressed", desk);
  await desk.goto("/settings/pressure");
  await look("pressure-declared", desk);
};

const tourRota = async (broker: Page, look: Look): Promise<void> => {
  await broker.goto("/settings/alarms");
  await look("rota-nobody", broker);
  await broker.getByLabel("Owner").selectOption({ label: "Bo Broker" });
  await broker.getByLabel("Deputy").selectOption({ label: "Bo Broker" });
  await broker.getByRole("button", { name: "Save" }).click();
  await broker.locator(".nhsuk-error-summary").waitFor();
  await look("rota-error", broker);
  await broker.getByLabel("Deputy").selectOption({ label: "Dee Deputy" });
  await broker.getByRole("button", { name: "Save" }).click();
  await broker.getByText("Saved.").waitFor();
  await broker.getByLabel("Back on").selectOption({ label: "Tue 22 Dec" });
  await broker.getByRole("button", { name: "I am away until then" }).click();
  await broker.getByText("You are away until").waitFor();
  await look("rota-away", broker);
  await broker.getByRole("button", { name: "I am back" }).click();
  await broker.getByText("Welcome back.").waitFor();
};

const tourCoverPlans = async (broker: Page, look: Look): Promise<void> => {
  await broker.goto("/settings/cover-plans");
  await look("cover-plans", broker);
  await broker.getByRole("link", { name: "Change Simple dressing" }).click();
  await look("cover-plan-default", broker);
  await broker.getByRole("group", { name: "Urgent" }).getByLabel("Buddy practices").fill("2");
  await broker.getByRole("button", { name: "Save" }).click();
  await broker.locator(".nhsuk-error-summary").waitFor();
  await look("cover-plan-error", broker);
  await broker.getByRole("group", { name: "Urgent" }).getByLabel("Buddy practices").fill("90");
  await broker.getByRole("button", { name: "Save" }).click();
  await broker.getByText("What waits now is planned anew.").waitFor();
  await look("cover-plans-changed", broker);
  await broker.getByRole("link", { name: "Change Simple dressing" }).click();
  await look("cover-plan-own", broker);
  await broker.getByRole("button", { name: "Back to the default" }).click();
  await broker.getByText("back to the default.").waitFor();
  await broker.getByRole("link", { name: "Change All services" }).click();
  await broker.getByRole("button", { name: "Use the waits for a rush" }).click();
  await broker.getByText("1 at once, wider after 45 minutes").waitFor();
  await look("cover-plans-rush", broker);
  await broker.getByRole("link", { name: "Change All services" }).click();
  await broker.getByText("This plan has them").waitFor();
  await look("cover-plan-rush", broker);
  await broker.getByRole("button", { name: "Back to the default" }).click();
  await broker.getByText("back to the default.").waitFor();
};

/** Through every state of the safety net, as a broker and a desk see it. `look` is a screenshot, or axe. */
export const tourSafety = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  const { db } = town;
  const [elm, harbour] = town.desks;
  if (elm === undefined || harbour === undefined) throw new Error("a town has four desks");
  await aUser(db, { roles: ["broker"], at: town.broker.organisationCode, name: "Dee Deputy" });
  const { page: desk } = await sit(elm);
  const { page: broker } = await sit(town.broker);
  await tourRota(broker, look);
  await tourCoverPlans(broker, look);
  await tourPressure(desk, look);
  await tourBulletin(desk, broker, look);
  await broker.goto("/board/alarms");
  await look("alarms-none", broker);

  await broker.goto("/board");
  const { ears } = await fallShort(town);
  await broker.locator("#live-risks td").first().waitFor();
  // The watch works times out every five seconds; the clock stands still meanwhile.
  await watched(town, ears);
  await db.holdClock("2026-12-21T10:20:00Z");
  await broker.locator("#live-alarms", { hasText: "Nobody at the desk" }).waitFor({ timeout: 15_000 });
  await broker.locator("#live-alarms", { hasText: "Half the time has gone" }).waitFor({ timeout: 15_000 });
  await look("board-alarms", broker);
  await broker
    .getByRole("button", { name: /I am on it.*Nobody at the desk/ })
    .first()
    .click();
  await broker.getByText("You are on it. Everybody sees that.").waitFor();
  await look("board-alarm-taken", broker);
  await broker.goto("/board/alarms");
  await look("alarms", broker);
  await broker.goto("/board/sitrep");
  await look("sitrep", broker);

  await broker.goto("/board/practices");
  await look("practices", broker);
  await broker.getByRole("link", { name: "Harbour Medical Centre" }).click();
  await broker.getByRole("button", { name: "Pause this practice" }).click();
  await broker.locator(".nhsuk-error-summary").waitFor();
  await look("practice-error", broker);
  await broker.getByLabel("Why pause").selectOption({ label: "The practice cannot be reached" });
  await broker.getByRole("button", { name: "Pause this practice" }).click();
  await broker.getByText("Harbour Medical Centre is not asked any more.").waitFor();
  await look("practice-paused", broker);
  const { page: paused } = await sit(harbour);
  await paused.goto("/desk");
  await paused.getByText("Paused by the federation").waitFor();
  await look("desk-paused", paused);
  await broker.goto("/board");
  await look("board-pressed", broker);
};

/** Until alarm times of the request's lines and of some offer are worked out. */
const watched = async ({ db }: Town, reference: string): Promise<void> => {
  await until(
    async () => {
      const found = await db.q.execute(sql`
      select 1 where exists (select 1 from alarm_watches w join need_lines l on l.id = w.subject
                             join cover_requests r on r.id = l.request_id where r.reference = ${reference})
                 and exists (select 1 from alarm_watches where kind = 'offer')`);
      return found.rowCount === 1;
    },
    { withinMs: 20_000, what: "alarm times" },
  );
};
