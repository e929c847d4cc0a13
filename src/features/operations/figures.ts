import type { CostlySource, Figure } from "../../platform/telemetry/metrics.ts";
import type { QueueCounts } from "../../platform/queue/backend.ts";
import type { HeldFigures } from "./figures.repository.ts";
import type { Outbox } from "../reach/index.ts";

/** Named once here for the exposition and for whoever fills them. */
const names = {
  jobs: "covershare_queue_jobs",
  jobAge: "covershare_queue_oldest_waiting_seconds",
  due: "covershare_match_due_rows",
  dueAge: "covershare_match_due_oldest_seconds",
  offers: "covershare_offers_waiting",
  overdue: "covershare_offers_overdue_seconds",
  needs: "covershare_needs",
  atRisk: "covershare_needs_at_risk",
  purgeAge: "covershare_purge_overdue_seconds",
  sealAge: "covershare_audit_unsealed_seconds",
  messages: "covershare_messages_waiting",
  messageAge: "covershare_messages_oldest_waiting_seconds",
  mailSent: "covershare_mail_last_sent_timestamp_seconds",
} as const;

/** What the database and the queue hold. They are the same in every process: take the maximum, never the sum. */
export const figureSources: readonly CostlySource[] = [
  { name: names.jobs, help: "Jobs in the queue by state; -1 while it does not answer.", labels: ["state"] },
  { name: names.jobAge, help: "How long the oldest waiting job has waited." },
  { name: names.due, help: "Changes that the next plans must see." },
  { name: names.dueAge, help: "How long the oldest of them is due: beyond a few seconds no matcher works." },
  { name: names.offers, help: "Offers that wait for an answer, by priority.", labels: ["priority"] },
  { name: names.overdue, help: "How far past its expiry the oldest offer is that still waits: a sweep is late." },
  { name: names.needs, help: "Needs that have not ended, by state.", labels: ["state"] },
  { name: names.atRisk, help: "Needs without an agreement that are due within a day." },
  { name: names.purgeAge, help: "How far past its night the purge is that is furthest behind." },
  { name: names.sealAge, help: "Age of the oldest entry of the audit trail without a seal." },
  { name: names.messages, help: "Messages that are composed and have not gone, by channel.", labels: ["channel"] },
  {
    name: names.messageAge,
    help: "How long the oldest of them has waited: beyond some minutes the mail server, or the push services, do not take them.",
    labels: ["channel"],
  },
  { name: names.mailSent, help: "When a practice's mailbox last took a message; 0: none ever has." },
];

const queueFigures = (counts: QueueCounts | undefined): Figure[] => {
  const states = ["waiting", "active", "delayed", "failed"] as const;
  return [
    ...states.map((state) => ({ name: names.jobs, labels: { state }, value: counts?.[state] ?? -1 })),
    { name: names.jobAge, value: (counts?.oldestWaitingMs ?? 0) / 1_000 },
  ];
};

/** Every figure at once. `counts` is undefined while the queue does not answer. */
export const figuresOf = (held: HeldFigures, outbox: Outbox, counts: QueueCounts | undefined): Figure[] => [
  ...queueFigures(counts),
  { name: names.due, value: held.due },
  { name: names.dueAge, value: held.dueAge },
  ...Object.entries(held.offers).map(([priority, value]) => ({ name: names.offers, labels: { priority }, value })),
  { name: names.overdue, value: held.overdue },
  ...Object.entries(held.needs).map(([state, value]) => ({ name: names.needs, labels: { state }, value })),
  { name: names.atRisk, value: held.atRisk },
  { name: names.purgeAge, value: held.purgeAge },
  { name: names.sealAge, value: held.sealAge },
  ...(["mail", "push"] as const).flatMap((channel) => [
    { name: names.messages, labels: { channel }, value: outbox[channel].waiting },
    { name: names.messageAge, labels: { channel }, value: outbox[channel].oldestSeconds },
  ]),
  { name: names.mailSent, value: (outbox.lastSentAt?.getTime() ?? 0) / 1_000 },
];
