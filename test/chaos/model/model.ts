import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../random.ts";
import { newId } from "../../../src/platform/ids/ids.ts";
import { postAction, postDueSoon } from "./actions/asking.ts";
import { choose, type Doing, type Person } from "./actions/doing.ts";
import { forgeRequest } from "./actions/pages.ts";
import { brokerActions, deskActions, importerActions } from "./actions/kinds.ts";
import { openClient, type Client, type Outcome } from "./client.ts";
import { ask, type Command } from "./commands.ts";
import { openHand } from "./hand.ts";
import type { Seat } from "./world.ts";

/** Desks, brokers and importers of the whole world, each doing one thing after another. */
export interface Model {
  readonly clients: readonly Client[];
  /** Begins to do so many things a second. */
  run(perSecond: number): void;
  /** Begins nothing more; what is on its way goes on. */
  pause(): void;
  /** So many people post at once; what is due soon comes back before anybody can take it. */
  postNow(count: number, options?: { readonly isDueSoon?: boolean }): void;
  /** Begins so many things, one shortly after another. */
  perform(count: number): Promise<void>;
  /** Offers in somebody's hand. */
  offered(): number;
  /** Every desk accepts everything that waits for it, all at once. */
  acceptNow(): void;
  /** Every desk looks at what waits for it, all at once. */
  lookNow(): void;
  /** So many forms that did not come from their page. */
  forgeNow(count: number): void;
  /** Nothing that was begun is unfinished. */
  isIdle(): boolean;
  /** Commands that were repeated on purpose: two at once, later again, and again with another body. */
  repeats(): { readonly duplicated: number; readonly replayed: number; readonly reused: number };
  close(): void;
}

const SHARE_TWICE = 0.08;
const SHARE_REPLAYED = 0.08;
const SHARE_REUSED = 0.02;

const actionsOf = (kind: Seat["kind"]) =>
  kind === "desk" ? deskActions : kind === "broker" ? brokerActions : importerActions;

export const openModel = (
  seats: readonly Seat[],
  port: number,
  { random, now }: { readonly random: Random; readonly now: () => Date },
): Model => {
  const people = seats.map((seat): Person => {
    const hand = openHand(seat.code);
    return { hand, client: openClient(seat, port, { after: 0, onEvent: (event) => hand.hear(event) }) };
  });
  const repeats = { duplicated: 0, replayed: 0, reused: 0 };
  let pace = 0;
  let busy = 0;
  const closing = new AbortController();

  const track = async (work: Promise<unknown>): Promise<void> => {
    busy += 1;
    try {
      await work;
    } finally {
      busy -= 1;
    }
  };

  const sending =
    (client: Client) =>
    async (command: Command, key = newId()): Promise<Outcome> => {
      const [isTwice, isReplayed, isReused] = [SHARE_TWICE, SHARE_REPLAYED, SHARE_REUSED].map((share) =>
        random.chance(share),
      );
      if (isTwice === true) repeats.duplicated += 1;
      const outcome = await client.send(command, { key, twice: isTwice === true });
      if (outcome !== undefined && isReplayed === true) {
        repeats.replayed += 1;
        await delay(random.whole(0, 1_500));
        await client.send(command, { key });
      }
      if (outcome !== undefined && isReused === true && command.name === "post" && command.csrf === undefined) {
        repeats.reused += 1;
        await client.send(
          { ...command, body: { ...Object(command.body), priority: "routine", takeFirm: false } },
          { key },
        );
      }
      return outcome;
    };

  const begin = (person: Person, action: ((doing: Doing) => Promise<void>) | undefined): void => {
    if (action !== undefined) void track(action({ ...person, random, now, send: sending(person.client) }));
  };

  const beginOne = (): void => {
    // Whoever has an offer is more likely to be at the desk.
    const asked = random.chance(0.5) ? random.pick(people.filter(({ hand }) => hand.offers.size > 0)) : undefined;
    const person = asked ?? random.pick(people);
    if (person !== undefined) begin(person, choose(actionsOf(person.client.seat.kind), random));
  };

  const loop = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await delay(pace === 0 ? 50 : (1_000 / pace) * (0.5 + random.unit()));
      if (pace > 0) beginOne();
    }
  };
  void loop();

  return {
    clients: people.map(({ client }) => client),
    run: (perSecond) => {
      pace = perSecond;
    },
    pause: () => {
      pace = 0;
    },
    lookNow: () => {
      for (const { client } of people) void track(client.look());
    },
    forgeNow: (count) => {
      for (let at = 0; at < count; at += 1) {
        const person = random.pick(people.filter(({ client }) => client.seat.kind === "desk"));
        if (person !== undefined) begin(person, forgeRequest);
      }
    },
    postNow: (count, { isDueSoon = false } = {}) => {
      const desks = people.filter(({ client }) => client.seat.kind === "desk");
      for (let at = 0; at < count; at += 1) {
        const person = random.pick(desks);
        if (person !== undefined) begin(person, isDueSoon ? postDueSoon : postAction);
      }
    },
    perform: async (count) => {
      for (let at = 0; at < count; at += 1) {
        beginOne();
        await delay(40);
      }
    },
    offered: () => people.reduce((sum, { hand }) => sum + hand.offers.size, 0),
    acceptNow: () => {
      for (const person of people) {
        for (const { id, kind } of person.hand.offers.values()) {
          if (kind === "slots") begin(person, async ({ send }) => void (await send(ask.accept(id))));
        }
      }
    },
    isIdle: () => busy === 0 && people.every(({ client }) => client.outstanding() === 0),
    repeats: () => repeats,
    close: () => {
      closing.abort();
      for (const { client } of people) client.close();
    },
  };
};
