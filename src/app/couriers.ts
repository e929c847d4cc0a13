import type { Reach } from "../config/config.ts";
import {
  createPushCourier,
  createSmtpCourier,
  findSubscription,
  publicKeyOf,
  SENT_AT_ONCE,
  type Couriers,
  type ReachParts,
} from "../features/reach/index.ts";
import type { Database } from "../platform/db/database.ts";

const mailOf = ({ smtpUrl, mailFrom, publicUrl }: Reach) =>
  smtpUrl === undefined
    ? undefined
    : createSmtpCourier({ url: smtpUrl, from: mailFrom, publicUrl, connections: SENT_AT_ONCE });

const pushOf = ({ vapidPrivateKey, mailFrom, publicUrl, pushServices }: Reach, database: Database) =>
  vapidPrivateKey === undefined
    ? undefined
    : createPushCourier({
        privateKey: vapidPrivateKey,
        // Push services want to know whom to write to; some refuse an address that is not https.
        subject: publicUrl.startsWith("https:") ? publicUrl : `mailto:${/<(.+)>/.exec(mailFrom)?.[1] ?? mailFrom}`,
        services: pushServices,
        find: async (id) => findSubscription(database.q, id),
      });

/** The ways out of the house that this installation has. */
export const createCouriers = (reach: Reach, database: Database): Couriers => {
  const email = mailOf(reach);
  const push = pushOf(reach, database);
  return { ...(email && { email }), ...(push && { push }) };
};

/** What pages and routes say about them. */
export const reachParts = ({ smtpUrl, vapidPrivateKey, pushServices }: Reach): ReachParts => ({
  hasMail: smtpUrl !== undefined,
  pushKey: vapidPrivateKey === undefined ? undefined : publicKeyOf(vapidPrivateKey),
  pushServices,
});
