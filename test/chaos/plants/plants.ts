import type { Edit } from "../rig/node-arguments.ts";

/**
 * A bug on purpose, put into the compiled product as it is loaded (and into the database where that would refuse it), and
 * the rule that must catch it.
 */
export interface Plant {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Statements for the database, before the product starts. */
  readonly sql?: readonly string[];
  readonly caughtBy: string;
  /** What must have been seen, where the rule alone would not tell this bug from a slow machine. */
  readonly seen?: RegExp;
  /** With this bug things never come to rest: it is not waited for. */
  readonly neverRests?: true;
  /** It shows in what is done when desks are calm already, such as messages: that is waited for too. */
  readonly afterRest?: true;
  /** With this bug no desk hears of an offer: none is waited for. */
  readonly bringsNoOffers?: true;
}

const ending = "features/offers/ending.service.js";

/** Commits of plans fail now and then, as they do when a connection breaks: that alone must break nothing. */
const commitsFail = (share: number): string[] => [
  `create function fail_now_and_then() returns trigger language plpgsql as
     $$ begin if random() < ${share} then raise exception 'planted' using errcode = '40001'; end if; return null; end $$`,
  `create constraint trigger planted after insert on offers deferrable initially deferred
     for each row execute function fail_now_and_then()`,
];

export const plants: readonly Plant[] = [
  {
    name: "skips the lock: two desks agree one need",
    edits: [
      { file: "features/requests/lock.repository.js", find: "order by id for no key update`", replace: "order by id`" },
      {
        file: "features/agreements/agreements.service.js",
        find: "if (agreed.length !== needIds.length)",
        replace: "if (false)",
      },
      // So that both are at it at once.
      {
        file: "features/offers/answer.service.js",
        find: "await refuseStrangers(",
        replace: "await new Promise((go) => setTimeout(go, 60)); await refuseStrangers(",
      },
    ],
    sql: ["drop index agreements_one_live_a_need"],
    caughtBy: "need-once",
  },
  {
    name: "forgets to stand others down",
    edits: [
      {
        file: ending,
        find: "for (const offerId of await waitingOffersFor(tx.q, needIds))",
        replace: "for (const offerId of [])",
      },
    ],
    caughtBy: "states-agree",
  },
  {
    name: "stands a desk down without telling it",
    edits: [
      {
        file: ending,
        find: "announceOffer = async (tx, offer, now) => {",
        replace: 'announceOffer = async (tx, offer, now) => { if (now.state === "stood-down") return;',
      },
    ],
    caughtBy: "informed",
  },
  {
    name: "drops the sweep",
    neverRests: true,
    edits: [
      {
        file: "platform/queue/sweep.js",
        find: "for (const sweeper of sweepers)",
        replace: "for (const sweeper of [])",
      },
    ],
    caughtBy: "calm",
    seen: /offers wait though/,
  },
  {
    name: "loses an expiry",
    neverRests: true,
    edits: [
      {
        file: ending,
        find: "for (const { id, requestId } of await offersPastExpiry(database.q, limit))",
        replace: "for (const { id, requestId } of [])",
      },
    ],
    caughtBy: "calm",
    seen: /offers wait though/,
  },
  {
    name: "forgets that a post is due for matching",
    bringsNoOffers: true,
    edits: [
      {
        file: "features/match-due/match-due.repository.js",
        find: "askForMatching = async (tx, groupCode, cause) => {",
        replace: "askForMatching = async (tx, groupCode, cause) => { if (groupCode !== '') return;",
      },
    ],
    caughtBy: "being-worked",
  },
  {
    name: "leaves gaps in the offsets",
    edits: [
      {
        file: "platform/event-log/event-log.js",
        find: "last_offset = event_heads.last_offset + excluded.last_offset",
        replace: "last_offset = event_heads.last_offset + excluded.last_offset + (random() < 0.1)::int",
      },
    ],
    caughtBy: "offsets-contiguous",
  },
  {
    name: "sends before the commit",
    neverRests: true,
    edits: [
      {
        file: "platform/db/database.js",
        find: "hooks.beforeCommit(effects.events)",
        replace:
          "(await Promise.all(hooks.beforeCommit(effects.events).map((one) => pool.query(one.text, [...one.values]))), [])",
      },
    ],
    sql: commitsFail(0.15),
    caughtBy: "offers-real",
  },
  {
    name: "acknowledges a post of which a need is lost",
    edits: [],
    sql: [
      `create function lose() returns trigger language plpgsql as
         $$ begin if new.ref = 'N02' then return null; end if; return new; end $$`,
      "create trigger planted before insert on needs for each row execute function lose()",
    ],
    caughtBy: "posts-exist",
  },
  {
    name: "forgets keys that it has acknowledged",
    edits: [],
    sql: [
      `create function forget() returns trigger language plpgsql as
         $$ begin delete from idempotency_keys where key = new.key; return null; end $$`,
      `create constraint trigger planted after insert on idempotency_keys deferrable initially deferred
         for each row execute function forget()`,
    ],
    caughtBy: "acknowledged-stored",
  },
  {
    name: "does not look at the key of a repeat",
    edits: [{ file: "platform/http/idempotency.js", find: "if (inserted.rowCount === 0)", replace: "if (false)" }],
    caughtBy: "keyed-once",
  },
  {
    name: "leaves acceptances out of the audit trail",
    edits: [
      {
        file: "features/audit/audit.repository.js",
        find: "recordAudit = async (tx, author, action, subject, data = {}) => {",
        replace:
          'recordAudit = async (tx, author, action, subject, data = {}) => { if (action === "offer.accept") return;',
      },
    ],
    caughtBy: "audit-complete",
  },
  {
    name: "skips a frame now and then",
    neverRests: true,
    edits: [
      {
        file: "platform/realtime/session.js",
        find: "this.#send(bytesAfter(batch, this.#after));",
        replace: "if (batch.last % 4 !== 0) this.#send(bytesAfter(batch, this.#after));",
      },
    ],
    caughtBy: "received-complete",
  },
  {
    name: "wakes nobody and does not poll",
    bringsNoOffers: true,
    neverRests: true,
    edits: [
      { file: "platform/realtime/fan-out.js", find: "if (isClosed || reads >= MAX_READS)", replace: "if (reads >= 0)" },
    ],
    caughtBy: "received-complete",
    seen: /never received/,
  },
  {
    name: "keeps what a declined offer held",
    edits: [
      {
        file: "features/capacity/slots.repository.js",
        find: "setSlotStates = async (tx, slotIds, from, to) => {",
        replace: 'setSlotStates = async (tx, slotIds, from, to) => { if (to === "free") return [...slotIds];',
      },
    ],
    caughtBy: "slot-once",
  },
  {
    name: "brings needs back without saying so",
    edits: [
      {
        file: "features/requests/announcing.service.js",
        find: "of returned) {",
        replace: "of []) {",
      },
    ],
    caughtBy: "endings-owned",
  },
  {
    name: "takes a form without the token of its page",
    edits: [
      {
        file: "features/identity/identity.gatekeeper.js",
        find: "                refuseForgery(request, shown.secret);",
        replace: "                ;",
      },
    ],
    caughtBy: "forged-refused",
  },
  {
    name: "tells home whom it has asked and who said no",
    edits: [
      {
        file: ending,
        find: "for (const stream of new Set([...sides,",
        replace: "for (const stream of new Set([offer.homeCode, ...sides,",
      },
    ],
    caughtBy: "reads-own",
  },
  {
    name: "writes to nobody of what came back",
    edits: [
      {
        file: "features/reach/heard.rules.js",
        find: '"need.returned": ofReturned',
        replace: '"need.returned": () => []',
      },
    ],
    caughtBy: "told-once",
    afterRest: true,
  },
  {
    name: "shows a desk what it has answered already",
    edits: [
      {
        file: "features/offers/list.repository.js",
        find: "sql `o.state = 'waiting' and",
        replace: "sql `o.state <> 'stood-down' and",
      },
    ],
    caughtBy: "offers-real",
  },
];

/** What is done to the database and is no bug: with it alone nothing may be found. */
export const harmless: Plant = { name: "nothing", edits: [], sql: commitsFail(0.03), caughtBy: "", afterRest: true };
