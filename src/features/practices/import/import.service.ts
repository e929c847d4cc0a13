import type { Tx } from "../../../platform/db/database.ts";
import { unique } from "../../../platform/lists/lists.ts";
import { recordAudit, system } from "../../audit/index.ts";
import { askForMatching } from "../../match-due/index.ts";
import { rebuildNeighbours } from "../neighbours.repository.ts";
import { otherKind } from "../practices.errors.ts";
import {
  analyzeChanged,
  closeMissing,
  codesOfOtherKinds,
  dropUnknownClosed,
  groupsOf,
  insertNew,
  signedGroupsAmong,
  stagedCount,
  stageRows,
  syncMemberships,
  syncNetworks,
  updateAddresses,
  updateKnown,
} from "./import.repository.ts";
import type { ImportSummary, ReadFile } from "./import.schema.ts";

export interface ImportOptions {
  /** For the audit trail: which kind of file. */
  readonly format: string;
  /** Close practices that the file does not name. */
  readonly closesMissing: boolean;
  readonly onProgress: (step: string) => void;
}

/**
 * Brings the practices of a file in, in one transaction. Importing the same file again changes nothing: rows are compared,
 * and neighbours are rebuilt only for groups that something happened to. What practices set themselves (C3) is never touched.
 */
export const importPractices = async (tx: Tx, file: ReadFile, options: ImportOptions): Promise<ImportSummary> => {
  const { q } = tx;
  const { onProgress } = options;
  const total = file.practices.length;
  await stageRows(q, file.practices, (staged) => onProgress(`${staged} of ${total} rows read in`));
  const foreign = await codesOfOtherKinds(q);
  if (foreign.length > 0) throw otherKind(foreign);
  const ignored = await dropUnknownClosed(q);
  const updates = await updateKnown(q);
  const readdressed = await updateAddresses(q);
  const created = await insertNew(q);
  onProgress(`${created.length} new, ${updates.length} changed`);
  const regrouped = await syncNetworks(q, file.networkKinds);
  const groups = await syncMemberships(q);
  const missing = options.closesMissing ? await closeMissing(q) : [];
  const moved = updates.filter(({ isMoved }) => isMoved).map(({ code }) => code);
  const touched = unique([...groups, ...(await groupsOf(q, [...created, ...moved, ...regrouped]))]).sort();
  if (touched.length > 0) {
    if (created.length > 0) await analyzeChanged(q);
    onProgress(`measuring distances in ${touched.length} sharing groups`);
    await rebuildNeighbours(q, touched);
  }
  const closed = updates.filter(({ isClosed }) => isClosed).length;
  const changed = new Set([...updates.map(({ code }) => code), ...readdressed, ...regrouped].filter(isKnown(created)));
  const summary: ImportSummary = {
    rows: total,
    created: created.length,
    updated: changed.size - closed,
    closed: closed + missing.length,
    unchanged: (await stagedCount(q)) - created.length - changed.size,
    ignored,
    refused: new Set(file.problems.map(({ line }) => line)).size,
    groupsTouched: touched.length,
  };
  const concerned = await groupsOf(q, [...changed, ...missing]);
  for (const groupCode of await signedGroupsAmong(q, unique([...touched, ...concerned]))) {
    await askForMatching(tx, groupCode, "practices.imported");
  }
  await recordAudit(tx, system, "practices.import", options.format, { ...summary });
  return summary;
};

const isKnown = (created: readonly string[]): ((code: string) => boolean) => {
  const fresh = new Set(created);
  return (code) => !fresh.has(code);
};
