import { sql } from "drizzle-orm";
import {
  composeDue,
  createSmtpCourier,
  deriveDeliveries,
  sendDue,
  type Couriers,
} from "../../../src/features/reach/index.ts";
import { reachChannels } from "../../../src/features/reach/reach.table.ts";
import type { TestDatabase } from "../../support/index.ts";

export const PUBLIC_URL = "https://cover.example.test";

/** Gives an organisation a confirmed mailbox. */
export const aMailbox = async (db: TestDatabase, organisationCode: string): Promise<string> => {
  const mailbox = `desk.${organisationCode.toLowerCase()}@practice.example`;
  await db.q
    .insert(reachChannels)
    .values({ organisationCode, mailbox, confirmedAt: sql`app_now()`, failures: 0, version: 1 });
  return mailbox;
};

export const mailBy = (url: string): Couriers => ({
  email: createSmtpCourier({ url, from: "Covershare <cover@example.test>", publicUrl: PUBLIC_URL, connections: 5 }),
});

/** One round of everything, without waiting for a timer. */
export const reachOnce = async (db: TestDatabase, couriers: Couriers): Promise<void> => {
  await deriveDeliveries(db.database);
  await composeDue(db.database, { hasMail: couriers.email !== undefined, hasPush: couriers.push !== undefined });
  await sendDue(db.database, couriers, 5);
};

export const closeCouriers = (couriers: Couriers): void => {
  for (const courier of Object.values(couriers)) courier.close();
};
