import { sql } from "drizzle-orm";
import type { Page } from "playwright-core";
import type { Actor } from "../../../src/features/access/index.ts";
import { loseAgreedSlots } from "../../../src/features/agreements/index.ts";
import { setSlotStates } from "../../../src/features/capacity/index.ts";
import { agreed, tick, walkTo, type Agreed } from "../../features/agreements/support.ts";
import type { Town } from "./town.ts";

type Sit = (actor: Actor) => Promise<{ page: Page }>;
type Look = (name: string, page: Page) => Promise<void>;

/** Four dressings of Riverside, agreed with Elm Tree Practice for Tuesday from 14:00. */
export const agreeFour = async (town: Town): Promise<Agreed> => {
  const [elm] = town.desks;
  if (elm === undefined) throw new Error("a town has four desks");
  return agreed(town.db, {
    home: town.home,
    supporting: elm,
    needs: [{ service: "wound-simple", count: 4, dueBy: "2026-12-24T18:30:00Z" }],
    startsAt: "2026-12-22T14:00:00Z",
  });
};

/** The clinic gets one more slot at its end, which is free. */
const spareSlot = async (town: Town, work: Agreed): Promise<void> => {
  await town.db.q.execute(sql`
    insert into slots (id, clinic_id, organisation_code, starts_at, ends_at, state)
    select gen_random_uuid(), clinic_id, organisation_code, max(ends_at), max(ends_at) + interval '20 minutes', 'free'
    from slots where clinic_id = ${work.clinic.clinicId} group by 2, 3`);
};

/** The slot of one agreement has gone: another free time of the clinic takes its place, where there is one. */
export const loseSlot = async (town: Town, work: Agreed, at: number): Promise<void> => {
  const slotId = work.clinic.slots[at]?.id ?? "";
  await town.db.database.transact(async (tx) => {
    await setSlotStates(tx, [slotId], ["busy"], "busy-unavailable");
    await loseAgreedSlots(tx, work.supporting, [slotId], true);
  });
};

/** Through every state of the handover, on the pages of both sides. `look` is a screenshot, or axe. */
export const tourHandover = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  const work = await agreeFour(town);
  let { page: home } = await sit(town.home);
  let { page: desk } = await sit(work.supporting);
  const { page: broker } = await sit(town.broker);
  const request = `/requests/${work.request.reference}`;
  await desk.goto("/desk");
  await look("handover-block", desk);
  await home.goto(request);
  await look("handover-request-pass", home);
  await home.goto("/desk");
  await look("handover-pass", home);
  await town.db.holdClock("2026-12-21T16:30:00Z");
  await desk.locator("#live-todo .nhsuk-tag", { hasText: "Late" }).first().waitFor();
  await look("handover-late", desk);
  await home.reload();
  await look("handover-pass-late", home);
  await desk.getByRole("button", { name: "Only the ticked ones are blocked" }).click();
  await desk.getByText("Tick at least one appointment.").waitFor();
  await look("handover-nothing-ticked", desk);
  await home.goto(`/agreements/${work.ids[0] ?? ""}`);
  for (const summary of await home.locator("main summary").all()) await summary.click();
  await look("handover-agreement", home);
  await walkTo(town.db, work, "booked");
  await home.goto(request);
  await look("handover-request-tell", home);
  await tick(town.db, work.home, "told", work.ids);
  await home.reload();
  await look("handover-request-told", home);
  await spareSlot(town, work);
  await loseSlot(town, work, 0);
  await home.goto("/desk");
  await home.getByText("The time at Elm Tree Practice has changed").waitFor();
  await look("handover-moved", home);
  await loseSlot(town, work, 1);
  await home.getByText("no longer stands").waitFor();
  await look("handover-ring", home);
  await broker.goto(request);
  await look("handover-ring-broker", broker);
  await desk.goto("/clinics/day-sheet?date=2026-12-22");
  await look("handover-day-sheet", desk);
  await home.goto(`${request}/worksheet`);
  await look("handover-worksheet", home);
  await town.db.holdClock("2026-12-22T16:00:00Z");
  // Sessions ended over night: everybody signs in again.
  ({ page: home } = await sit(town.home));
  ({ page: desk } = await sit(work.supporting));
  await desk.goto("/desk");
  await look("handover-outcome", desk);
  const [, , third = "", fourth = ""] = work.ids;
  await tick(town.db, work.supporting, "dna", [third]);
  await tick(town.db, work.supporting, "attended", [fourth]);
  await home.goto("/desk");
  await look("handover-dna", home);
  await desk.goto("/given");
  await desk.locator("summary").first().click();
  await look("handover-given", desk);
};
