import { appNow, type Database, type Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit, system } from "../audit/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { brokersOf, openingHoursOf } from "../practices/index.ts";
import { announceRequest, excludePractice, lockRequests } from "../requests/index.ts";
import { notYourStep, nothingToRelease, releaseExtendedAlready } from "./agreements.errors.ts";
import { releaseDue, releaseExtended } from "./agreements.events.ts";
import { describe, endOne, sideOf } from "./agreements.service.ts";
import { setRelease, walkingAgreements, type WalkingAgreement } from "./handover.repository.ts";
import { lockMine } from "./handover.service.ts";
import { clearWarnings, requestsPastRelease, requestsToWarn, unpassedOf } from "./release.repository.ts";
import { extendedRelease } from "./release.rules.ts";
import { announceTally } from "./tally.service.ts";

/** Whether home may still ask for more time to pass the details on. */
export const canExtend = (
  agreement: Pick<WalkingAgreement, "step" | "isLive" | "releaseAt" | "releaseExtendedAt">,
): boolean =>
  agreement.isLive &&
  ["agreed", "blocked"].includes(agreement.step) &&
  agreement.releaseAt !== null &&
  agreement.releaseExtendedAt === null;

/** *We still need it*: home, or the broker for it, gets more time to pass the details on, once (rule H4). */
export const extendRelease = async (tx: Tx, actor: Actor, id: string): Promise<{ readonly releaseAt: string }> => {
  const [seen] = await walkingAgreements(tx.q, [id]);
  if (seen === undefined) throw notFound("agreement");
  if (sideOf(actor, seen) === "supporting") throw notYourStep("home");
  await lockRequests(tx, [seen.requestId]);
  const [agreement = seen] = await walkingAgreements(tx.q, [id]);
  if (agreement.releaseExtendedAt !== null && agreement.isLive) throw releaseExtendedAlready(agreement.releaseAt);
  const { releaseAt } = agreement;
  if (releaseAt === null || !canExtend(agreement)) throw nothingToRelease(agreement.step);
  const hours = (await openingHoursOf(tx.q, [agreement.homeCode])).get(agreement.homeCode) ?? [];
  const release = extendedRelease(hours, await appNow(tx.q), { releaseAt, startsAt: agreement.startsAt });
  await setRelease(tx, id, release, { isExtension: true });
  const until = release.releaseAt.toISOString();
  const data = { reference: agreement.reference, agreement: describe(agreement), releaseAt: until };
  for (const stream of new Set([agreement.homeCode, ...(await brokersOf(tx, agreement.groupCode))]))
    tx.emit(eventFor(releaseExtended, stream, data));
  await recordAudit(tx, actor, "agreement.extend-release", agreement.reference, { ref: agreement.ref });
  return { releaseAt: until };
};

/** The same for many at once: those that can still get more time do. Answers the earliest of their new release-bys. */
export const extendReleases = async (tx: Tx, actor: Actor, ids: readonly string[]): Promise<Date | undefined> => {
  const mine = (await lockMine(tx, actor, ids)).values();
  const open = [...mine].filter(({ agreement, side }) => side !== "supporting" && canExtend(agreement));
  const times: number[] = [];
  for (const { agreement } of open) times.push(Date.parse((await extendRelease(tx, actor, agreement.id)).releaseAt));
  return times.length === 0 ? undefined : new Date(Math.min(...times));
};

/** Warns home, half-way to the release-by, of what it has not passed on (rule H4). Says of how many requests. */
export const warnOfRelease = async (database: Database, limit = 200): Promise<number> => {
  const due = await requestsToWarn(database.q, limit);
  for (const requestId of due)
    await database.transact(async (tx) => {
      await lockRequests(tx, [requestId]);
      const agreements = await walkingAgreements(tx.q, await clearWarnings(tx, requestId));
      for (const supportingCode of new Set(agreements.map((agreement) => agreement.supportingCode)))
        await warn(
          tx,
          agreements.filter((agreement) => agreement.supportingCode === supportingCode),
        );
    });
  return due.length;
};

const warn = async (tx: Tx, agreements: readonly WalkingAgreement[]): Promise<void> => {
  const [first] = agreements;
  if (first === undefined) return;
  const data = {
    reference: first.reference,
    homeCode: first.homeCode,
    supportingCode: first.supportingCode,
    agreements: agreements.map((agreement) => ({
      ...describe(agreement),
      releaseAt: (agreement.releaseAt ?? agreement.startsAt).toISOString(),
      canExtend: canExtend(agreement),
    })),
  };
  for (const stream of new Set([first.homeCode, ...(await brokersOf(tx, first.groupCode))]))
    tx.emit(eventFor(releaseDue, stream, data));
};

/**
 * Gives back what home has not passed on by its release-by (rule H4): the slot is free again, the supporting practice
 * hears it with thanks, and the need, which nobody said is not wanted, looks for cover again at the same priority.
 * Elsewhere, unless this practice publishes more: the same times would only run out again. Says of how many requests.
 */
export const releaseUnpassed = async (database: Database, limit = 200): Promise<number> => {
  const due = await requestsPastRelease(database.q, limit);
  for (const requestId of due)
    await database.transact(async (tx) => {
      await lockRequests(tx, [requestId]);
      const agreements = await walkingAgreements(tx.q, await unpassedOf(tx, requestId));
      for (const agreement of agreements) {
        await endOne(tx, system, agreement, { bySide: "home", code: "not-passed", stillNeeded: true });
        await excludePractice(tx, [agreement.needId], agreement.supportingCode, "lapsed");
      }
      for (const supportingCode of new Set(agreements.map((agreement) => agreement.supportingCode))) {
        const first = agreements.find((agreement) => agreement.supportingCode === supportingCode);
        if (first !== undefined) await announceTally(tx, first);
      }
      await announceRequest(tx, requestId);
      const [first] = agreements;
      if (first !== undefined) await askForMatching(tx, first.groupCode, "agreement.released");
    });
  return due.length;
};
