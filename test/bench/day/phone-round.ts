import { defaultOpeningHours, openFrom } from "../../../src/features/calendar/index.ts";
import { kmBetween } from "../../../src/features/matching/solver/index.ts";
import { createAgenda } from "./agenda.ts";
import { answeredAt, answerOf } from "./answers.ts";
import { createBook, lossesOf } from "./book.ts";
import { END, MINUTE, type Clinic, type Need, type Outcome, type Practice, type Request, type World } from "./world.ts";

const CALL_MINUTES = 5;
const RANK = { routine: 0, urgent: 1, asap: 2 } as const;

type Event =
  | { readonly kind: "rings"; readonly request: Request }
  | { readonly kind: "says"; readonly request: Request; readonly host: Practice; readonly asked: readonly Need[] }
  | { readonly kind: "lost"; readonly clinic: Clinic; readonly start: number };

/**
 * A phone round: for each request somebody at home rings every practice within distance, nearest first, one call of five
 * minutes at a time, in opening hours, until all needs are covered. Each is rung once, nobody picks up where nobody ever
 * answers, and a desk that has to look rings back: the answer takes as long as if it were asked otherwise, and what is still
 * wanted by then is agreed. What was published as firm is given within the call. A caller whose agreed time goes takes up
 * the round where it ended.
 */
export const phoneRound = (world: World): Outcome => {
  const book = createBook(world);
  const agenda = createAgenda<Event>();
  const left = new Map<string, Practice[]>();
  const calling = new Set<string>();
  const ring = (request: Request, after: number): void => {
    calling.add(request.id);
    const begins = openFrom(defaultOpeningHours, new Date(after)).getTime();
    agenda.add(begins + CALL_MINUTES * MINUTE, { kind: "rings", request });
  };
  for (const request of world.requests) {
    const maxKm = Math.max(...request.needs.map((need) => need.maxKm));
    const near = world.practices
      .filter((host) => host !== request.home && kmBetween(request.home, host) <= maxKm)
      .sort((a, b) => kmBetween(request.home, a) - kmBetween(request.home, b) || (a.id < b.id ? -1 : 1));
    left.set(request.id, near);
    ring(request, request.postedAt);
  }
  for (const { at, clinic, start } of lossesOf(world)) agenda.add(at, { kind: "lost", clinic, start });

  const wantedOf = (needs: readonly Need[], now: number): Need[] =>
    needs.filter((need) => !book.agreed.has(need.id) && need.dueBy > now);
  /** The practice gives as many needs as it has room for. */
  const give = (host: Practice, needs: readonly Need[], now: number): void => {
    for (const need of needs) {
      const block = kmBetween(need.home, host) <= need.maxKm ? book.freeBlock(host, need, now) : undefined;
      if (block !== undefined) book.agree(need, block, now);
    }
  };
  const call = (request: Request, now: number): void => {
    calling.delete(request.id);
    const wanted = wantedOf(request.needs, now);
    const host = left.get(request.id)?.shift();
    const [first] = wanted;
    if (first === undefined || host === undefined) return;
    book.noteAsked(host, first);
    if (host.role === "firm") give(host, wanted, now);
    else {
      const kind = host.role === "silent" ? "call" : "ask";
      // The heaviest need says how soon the desk looks, as with an offer.
      const heaviest = wanted.reduce((best, need) => (RANK[need.priority] > RANK[best.priority] ? need : best), first);
      const answer = answerOf(world.seed, host.id, request.id, kind, heaviest.priority);
      const at = Math.max(now, answeredAt(answer, now - CALL_MINUTES * MINUTE));
      if (answer.says === "yes") agenda.add(at, { kind: "says", request, host, asked: wanted });
    }
    if (wantedOf(request.needs, now).length > 0) ring(request, now);
  };
  const requests = new Map(world.requests.map((request) => [request.id, request]));
  for (let now = agenda.nextAt(); now !== undefined && now <= END; now = agenda.nextAt()) {
    for (const event of agenda.takeUntil(now)) {
      if (event.kind === "rings") call(event.request, now);
      else if (event.kind === "says") give(event.host, wantedOf(event.asked, now), now);
      else {
        const broken = requests.get(book.lose(event.clinic, event.start, now)?.request ?? "");
        if (broken !== undefined && !calling.has(broken.id)) ring(broken, now);
      }
    }
  }
  return book.outcome();
};
