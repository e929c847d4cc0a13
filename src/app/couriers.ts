import type { Reach } from "../config/config.ts";
import {
  createSmtpCourier,
  SENT_AT_ONCE,
  type Courier,
  type Couriers,
  type ReachParts,
} from "../features/reach/index.ts";

const mailOf = ({ smtpUrl, mailFrom, publicUrl }: Reach): Courier | undefined =>
  smtpUrl === undefined
    ? undefined
    : createSmtpCourier({ url: smtpUrl, from: mailFrom, publicUrl, connections: SENT_AT_ONCE });

/** The ways out of the house that this installation has. */
export const createCouriers = (reach: Reach): Couriers => {
  const email = mailOf(reach);
  return { ...(email && { email }) };
};

/** What pages and routes say about them. */
export const reachParts = ({ smtpUrl, pushServices }: Reach): ReachParts => ({
  hasMail: smtpUrl !== undefined,
  pushKey: undefined,
  pushServices,
});
