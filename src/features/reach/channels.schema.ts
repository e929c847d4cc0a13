import { z } from "zod";
import { emailAddress } from "../identity/index.ts";

/** What this installation has: without a mail server or a key nobody can be told that way, and pages say so. */
export interface ReachParts {
  readonly hasMail: boolean;
  /** The key that browsers subscribe with; undefined: no push. */
  readonly pushKey: string | undefined;
  /** Origins of push services allowed besides the well-known ones. */
  readonly pushServices: readonly string[];
}

export const noReach: ReachParts = { hasMail: false, pushKey: undefined, pushServices: [] };

export const mailboxStates = ["none", "unconfirmed", "works", "failing"] as const;
export type MailboxState = (typeof mailboxStates)[number];

export const mailboxBody = z.strictObject({
  /** The address that the whole desk reads. Null: none any more. */
  mailbox: emailAddress.nullable(),
});

export const confirmBody = z.strictObject({
  secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "This is not the end of a link of ours."),
});

/** What a browser's `PushSubscription` says of itself. */
export const browserBody = z.strictObject({
  endpoint: z.url("This is not an address.").max(1_000),
  /** An uncompressed point of P-256, and 16 bytes: base64url. */
  p256dh: z.string().regex(/^B[A-Za-z0-9_-]{86}$/, "This is not a key of a browser."),
  auth: z.string().regex(/^[A-Za-z0-9_-]{22}$/, "This is not a secret of a browser."),
});

/** One of the browsers listed on the page. */
export const stopBrowserBody = z.strictObject({ browser: z.uuid("Choose one of your browsers.") });

const instant = z.iso.datetime();

/** How one thing fared: queued, sent (the next mail server has it), delivered or bounced where a report says so, or never sent and why. */
export const deliveryStates = ["queued", "sent", "delivered", "bounced", "failed", "not-sent"] as const;

export const deliveryView = z.object({
  id: z.uuid(),
  organisationCode: z.string().nullable(),
  kind: z.string(),
  channel: z.enum(["email", "push"]),
  /** `desk` is the shared mailbox; `person` somebody who opted in. */
  to: z.enum(["desk", "person"]),
  offerId: z.uuid().nullable(),
  reference: z.string().nullable(),
  state: z.enum(deliveryStates),
  /** A status code, or why it was never sent. */
  why: z.string().nullable(),
  attempts: z.int(),
  createdAt: instant,
  sentAt: instant.nullable(),
  /** When somebody at the desk looked at the offer it is about, and when it was answered. */
  seenAt: instant.nullable(),
  actedAt: instant.nullable(),
});
export type DeliveryView = z.output<typeof deliveryView>;

export const channelsView = z.object({
  /** Whether this installation sends mail, and push, at all. */
  hasMail: z.boolean(),
  hasPush: z.boolean(),
  mailbox: z.string().nullable(),
  mailboxState: z.enum(mailboxStates),
  confirmedAt: instant.nullable(),
  testSentAt: instant.nullable(),
  failingSince: instant.nullable(),
  failure: z.string().nullable(),
  lastSentAt: instant.nullable(),
  bypassPhone: z.string().nullable(),
  /** The signed-in user's own address, and whether it is told too. */
  ownAddress: z.string(),
  isOptedIn: z.boolean(),
  /** How many colleagues opted in. */
  people: z.int(),
  /** The user's browsers that are told, for this organisation. */
  browsers: z.int(),
  /** What a browser subscribes with (`applicationServerKey`); null: no push here. */
  pushKey: z.string().nullable(),
});
export type ChannelsView = z.output<typeof channelsView>;

export const deliveriesQuery = z.strictObject({
  offer: z.uuid("This is not the id of an offer.").optional(),
  after: z.uuid("Use the `next` of the page before.").optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const deliveriesPage = z.object({ items: z.array(deliveryView), next: z.string().nullable() });

export const unreachableView = z.object({
  items: z.array(
    z.object({
      organisationCode: z.string(),
      name: z.string(),
      phone: z.string().nullable(),
      state: z.enum(mailboxStates),
      /** Since when it fails, or when the unanswered test message was sent. */
      since: instant.nullable(),
      /** Offers that wait there just now. */
      waiting: z.int(),
    }),
  ),
});
export type Unreachable = z.output<typeof unreachableView>["items"][number];
