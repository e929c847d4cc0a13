import { appNow, type Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { DomainError, notFound } from "../../platform/errors/domain-error.ts";
import { unique } from "../../platform/lists/lists.ts";
import { recordAudit, type Author } from "../audit/index.ts";
import { londonDate } from "../calendar/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { mainSite } from "../practices/index.ts";
import { activeServicesAmong } from "../services/index.ts";
import { importRefused, type BadRow } from "./capacity.errors.ts";
import { clinicsChanged } from "./capacity.events.ts";
import { applyChange, noLoss, planChange, type Change } from "./change-plan.service.ts";
import { createClinics, type ClinicToCreate } from "./clinic-create.service.ts";
import { lanesTaken } from "./clinics-read.repository.ts";
import { lockImported, type StoredClinic } from "./clinics.repository.ts";
import { badRow, readImport, type ImportRow } from "./import-csv.rules.ts";
import { lockSlotsOfClinic } from "./slots-lock.repository.ts";

/** Whose clinics are imported, and who does it. */
export interface Importer {
  readonly author: Author;
  readonly organisationCode: string;
  readonly groupCode: string | null;
}

export interface ImportResult {
  readonly rows: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Withdrawn since they were imported: they stay so. */
  readonly withdrawn: number;
  readonly bad: readonly BadRow[];
}

/**
 * Imports clinics from CSV (C6): all or nothing, unless bad rows are to be skipped; importing the same file again changes
 * nothing. An import never breaks what is held or agreed: such a row is bad, and the change is for a person to make.
 */
export const importClinics = async (
  tx: Tx,
  importer: Importer,
  csv: string,
  options: { readonly skipBad: boolean },
): Promise<ImportResult> => {
  const now = await appNow(tx.q);
  const site = await mainSite(tx.q, importer.organisationCode);
  if (site === undefined) throw notFound("organisation");
  const file = readImport(csv, now);
  const bad: BadRow[] = [...file.bad];
  const stored = await lockImported(
    tx,
    importer.organisationCode,
    file.good.map((row) => row.key),
  );
  const usable = await usableRows(tx, importer, file.good, stored, now, bad);
  const fresh = usable.filter((row) => !stored.has(row.key));
  const drafts = fresh.map((row) => draftOf(row, importer.organisationCode, site.id, now));

  const updated: string[] = [];
  const counts = { unchanged: 0, withdrawn: 0 };
  for (const row of usable) {
    const clinic = stored.get(row.key);
    if (clinic === undefined) continue;
    const outcome = clinic.withdrawnAt === null ? await update(tx, clinic, row) : "withdrawn";
    if (outcome === "updated") updated.push(clinic.id);
    else if (typeof outcome === "string") counts[outcome] += 1;
    else bad.push(outcome);
  }
  if (bad.length > 0 && !options.skipBad) throw importRefused(file.rowCount, inOrder(bad));
  await createClinics(tx, drafts, { isBulk: true });
  const result = { rows: file.rowCount, created: drafts.length, updated: updated.length, ...counts };
  if (result.created + result.updated > 0) {
    tx.emit(
      eventFor(clinicsChanged, importer.organisationCode, { published: result.created, changed: result.updated }),
    );
    await recordAudit(tx, importer.author, "clinic.import", importer.organisationCode, result);
    if (importer.groupCode !== null) await askForMatching(tx, importer.groupCode, "clinic.published");
  }
  return { ...result, bad: inOrder(bad) };
};

const inOrder = (bad: readonly BadRow[]): BadRow[] => [...bad].sort((one, other) => one.line - other.line);

/** Without the rows that only the database can judge: services it does not know, lanes that are taken, new rows of the past. */
const usableRows = async (
  tx: Tx,
  importer: Importer,
  good: readonly ImportRow[],
  stored: ReadonlyMap<string, StoredClinic>,
  now: Date,
  bad: BadRow[],
): Promise<ImportRow[]> => {
  const named = unique(good.flatMap((row) => row.services));
  const known = new Set(await activeServicesAmong(tx.q, named));
  const laned = good.flatMap(({ lane, ...row }) =>
    lane === undefined
      ? []
      : [
          {
            lane,
            line: row.line,
            startsAt: row.startsAt,
            endsAt: row.endsAt,
            externalKey: row.key,
            organisationCode: importer.organisationCode,
          },
        ],
  );
  const clashes = new Set([...(await lanesTaken(tx.q, laned))].map((at) => laned[at]?.line));
  const later = [...laned].sort((one, other) => one.startsAt.getTime() - other.startsAt.getTime());
  const busyUntil = new Map<string, Date>();
  for (const use of later) {
    const until = busyUntil.get(use.lane);
    if (until !== undefined && use.startsAt < until) clashes.add(use.line);
    if (until === undefined || use.endsAt > until) busyUntil.set(use.lane, use.endsAt);
  }
  return good.filter((row) => {
    const problem = row.services.some((code) => !known.has(code))
      ? { ...badRow(row.line, "services"), problem: "There is a service code that the catalogue does not have." }
      : clashes.has(row.line)
        ? {
            line: row.line,
            column: "lane",
            problem: "This lane has another clinic at that time.",
            fix: "Change the times or the lane.",
          }
        : row.endsAt <= now && !stored.has(row.key)
          ? { line: row.line, column: "date", problem: "This is in the past.", fix: "Leave the row out." }
          : undefined;
    if (problem !== undefined) bad.push(problem);
    return problem === undefined;
  });
};

const draftOf = (row: ImportRow, organisationCode: string, siteId: string, now: Date): ClinicToCreate => ({
  organisationCode,
  siteId,
  services: row.services,
  channel: row.channel,
  provides: row.provides,
  pledge: row.pledge,
  startsAt: row.startsAt,
  endsAt: row.endsAt,
  breaks: [],
  slotMinutes: row.slotMinutes,
  source: "import",
  externalKey: row.key,
  ...(row.lane === undefined ? {} : { lane: row.lane }),
  ...(row.pledge === "firm" ? { confirmedOn: londonDate(now) } : {}),
});

const isSame = (one: readonly string[], other: readonly string[]): boolean => one.join(";") === other.join(";");

/** What the row would change of its clinic; empty where it says what is there. */
const changeOf = (clinic: StoredClinic, row: ImportRow): Change => ({
  ...(clinic.startsAt.getTime() === row.startsAt.getTime() ? {} : { startsAt: row.startsAt }),
  ...(clinic.endsAt.getTime() === row.endsAt.getTime() ? {} : { endsAt: row.endsAt }),
  ...(isSame(clinic.services, row.services) ? {} : { services: [...row.services] }),
  ...(isSame(clinic.provides, row.provides) ? {} : { provides: [...row.provides] }),
  ...(clinic.pledge === row.pledge ? {} : { pledge: row.pledge }),
  ...(clinic.lane === (row.lane ?? null) ? {} : { lane: row.lane ?? null }),
});

const update = async (tx: Tx, clinic: StoredClinic, row: ImportRow): Promise<"updated" | "unchanged" | BadRow> => {
  const wrong = (column: string, problem: string, fix: string): BadRow => ({ line: row.line, column, problem, fix });
  const another = "Withdraw the clinic and import it under another key.";
  if (clinic.slotMinutes !== row.slotMinutes)
    return wrong("slot_minutes", "The slot length of a published clinic does not change.", another);
  if (clinic.channel !== row.channel)
    return wrong("channel", "The channel of a published clinic does not change.", another);
  const change = changeOf(clinic, row);
  if (Object.keys(change).length === 0) return "unchanged";
  try {
    const plan = await planChange(tx, clinic, await lockSlotsOfClinic(tx, clinic.id), change);
    if (plan.lost.length > 0)
      return wrong(
        "row",
        "Neighbours hold or were given times that this would take away.",
        "Change the clinic in Covershare, which shows them first.",
      );
    await applyChange(tx, plan, { isByHand: false }, async () => noLoss);
    return "updated";
  } catch (error) {
    if (error instanceof DomainError && error.code !== "lane-clash")
      return wrong("row", error.message, "Leave the row out or correct it.");
    throw error;
  }
};
