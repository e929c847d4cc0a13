import { createAgenda } from "./agenda.ts";
import { answeredAt, answerOf, expiresAt } from "./answers.ts";
import { createBook, hostsOf, isOpen, lossesOf, type Block } from "./book.ts";
import { at, DAYS, END, type Clinic, type Need, type Outcome, type Practice, type World } from "./world.ts";

type Event =
  | { readonly kind: "look" }
  | { readonly kind: "arrives"; readonly needs: readonly Need[] }
  | { readonly kind: "lost"; readonly clinic: Clinic; readonly start: number }
  | { readonly kind: "ends"; readonly need: Need; readonly ask: Ask; readonly says: "yes" | "no" };

/** One need waits with one practice. Without a block it is a call: what the practice has shows when it says yes. */
interface Ask {
  readonly host: Practice;
  readonly block: Block | undefined;
}

/**
 * First come, nearest: in the order in which needs arrive, each asks the nearest practice that has a free published block
 * for it, and takes it at once where it is firm; where nobody has, it calls the nearest silent practice that does such
 * things. It waits with one practice at a time, as long as an offer may wait, and goes on to the next after a no, a lapse
 * or a loss. Nothing is planned together and nothing is moved.
 */
export const firstCome = (world: World): Outcome => {
  const book = createBook(world);
  const agenda = createAgenda<Event>();
  const open: Need[] = [];
  const asks = new Map<string, Ask>();
  const excluded = new Set<string>();
  const hosts = new Map<string, Practice[]>();
  for (const clinic of world.clinics) agenda.add(clinic.publishedAt, { kind: "look" });
  for (const date of DAYS) agenda.add(at(date, 8), { kind: "look" });
  for (const { needs, postedAt } of world.requests) agenda.add(postedAt, { kind: "arrives", needs });
  for (const { at: when, clinic, start } of lossesOf(world)) agenda.add(when, { kind: "lost", clinic, start });

  const put = (need: Need, ask: Ask, now: number): void => {
    if (ask.block !== undefined) book.hold(ask.block);
    asks.set(need.id, ask);
    book.noteAsked(ask.host, need);
    const kind = ask.block === undefined ? "call" : "ask";
    const answer = answerOf(world.seed, ask.host.id, need.request, kind, need.priority);
    const when = answer.says === "never" ? Number.POSITIVE_INFINITY : answeredAt(answer, now);
    // As rule O2 has it: never later than what it is about.
    const lapse = Math.min(expiresAt(need.priority, now), ask.block?.starts[0] ?? need.dueBy);
    const says = when <= lapse && answer.says === "yes" ? "yes" : "no";
    agenda.add(Math.max(now + 1, Math.min(when, lapse)), { kind: "ends", need, ask, says });
  };
  /** Whether the need waits or is settled now. */
  const seek = (need: Need, now: number): boolean => {
    const near = hosts.get(need.id) ?? hostsOf(world, need);
    hosts.set(need.id, near);
    const may = near.filter((host) => !excluded.has(`${need.id} ${host.id}`));
    const canAsk = need.priority === "asap" || isOpen(now);
    for (const host of may) {
      if (host.role === "silent" || (host.role === "ask" && !canAsk)) continue;
      const block = book.freeBlock(host, need, now);
      if (block === undefined) continue;
      if (host.role === "firm") book.agree(need, block, now);
      else put(need, { host, block }, now);
      return true;
    }
    const call = canAsk ? may.find((host) => book.couldDo(host, need)) : undefined;
    if (call !== undefined) put(need, { host: call, block: undefined }, now);
    return call !== undefined;
  };
  const end = (need: Need, ask: Ask, says: "yes" | "no", now: number): void => {
    if (asks.get(need.id) !== ask) return;
    asks.delete(need.id);
    if (ask.block !== undefined) book.release(ask.block);
    const block = says === "yes" ? (ask.block ?? book.freeBlock(ask.host, need, now)) : undefined;
    if (block !== undefined) book.agree(need, block, now);
    else {
      excluded.add(`${need.id} ${ask.host.id}`);
      open.push(need);
    }
  };
  const lose = (clinic: Clinic, start: number, now: number): void => {
    const broken = book.lose(clinic, start, now);
    if (broken !== undefined) open.push(broken);
    const holder = [...asks].find(([, { block }]) => block?.clinic === clinic && block.starts.includes(start));
    if (holder?.[1].block === undefined) return;
    book.release(holder[1].block);
    asks.delete(holder[0]);
    const need = world.requests.flatMap(({ needs }) => needs).find(({ id }) => id === holder[0]);
    if (need !== undefined) open.push(need);
  };

  for (let now = agenda.nextAt(); now !== undefined && now <= END; now = agenda.nextAt()) {
    for (const event of agenda.takeUntil(now)) {
      if (event.kind === "arrives") open.push(...event.needs);
      else if (event.kind === "lost") lose(event.clinic, event.start, now);
      else if (event.kind === "ends") end(event.need, event.ask, event.says, now);
    }
    const turn = open.splice(0).sort((a, b) => a.postedAt - b.postedAt || (a.id < b.id ? -1 : 1));
    for (const need of turn) if (need.dueBy > now && !seek(need, now)) open.push(need);
  }
  return book.outcome();
};
