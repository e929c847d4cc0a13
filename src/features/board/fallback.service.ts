import { appNow, type Database, type Queryable } from "../../platform/db/database.ts";
import { DomainError } from "../../platform/errors/domain-error.ts";
import { serviceNames } from "../services/index.ts";
import { tellFederation } from "./digest.service.ts";
import {
  findGroup,
  readAgreedNeeds,
  readBrokeredGroups,
  readDeskNumbers,
  readOpenLines,
} from "./fallback.repository.ts";
import { fallbackHtml } from "./fallback-page.rules.ts";
import { fallbackMail, hourOf, nextFallbackMailAt, pageName, type FallbackFacts } from "./fallback.rules.ts";
import { isAnyDue, schedule, takeDue } from "./schedule.repository.ts";

const noSuchGroup = (code: string): DomainError =>
  new DomainError("not-found", "not-found", `There is no sharing group of code ${code}.`);

const readFacts = async (q: Queryable, groupCode: string): Promise<FallbackFacts> => {
  const group = await findGroup(q, groupCode);
  if (group === undefined) throw noSuchGroup(groupCode);
  return {
    groupName: group.name,
    at: await appNow(q),
    open: await readOpenLines(q, groupCode),
    agreed: await readAgreedNeeds(q, groupCode),
    numbers: await readDeskNumbers(q, groupCode),
  };
};

/** The page of one group as it is now. @throws not-found where there is no such group. */
export const fallbackPage = async (q: Queryable, groupCode: string): Promise<string> =>
  fallbackHtml(await readFacts(q, groupCode), await serviceNames(q));

/** Where pages are kept: a folder of this machine. */
export interface PageFolder {
  /** Whether the page of this hour is there already. */
  has(groupCode: string, hour: string): Promise<boolean>;
  /** Puts it there in one step, beside those of the hours before. */
  put(groupCode: string, hour: string, html: string): Promise<void>;
}

/** Writes the page of this hour of every group that a federation watches, where it is not there yet. Says how many. */
export const writePages = async (database: Database, folder: PageFolder): Promise<number> => {
  const hour = hourOf(await appNow(database.q));
  let written = 0;
  for (const groupCode of await readBrokeredGroups(database.q)) {
    if (await folder.has(groupCode, hour)) continue;
    await folder.put(groupCode, hour, await fallbackPage(database.q, groupCode));
    written += 1;
  }
  return written;
};

export const scheduleFallbackMails = async (database: Database): Promise<void> => {
  await database.transact(async (tx) => schedule(tx, "fallback", nextFallbackMailAt(await appNow(tx.q))));
};

const AT_ONCE = 50;
/** Of the attached page: mail systems of practices take 10 MB and more, phones read less with pleasure. */
const PAGE_BYTES = 256 * 1_024;

/** Mails the page to every federation whose hour has come; not where nothing is open and nothing agreed. */
export const mailPages = async (database: Database): Promise<void> => {
  if (!(await isAnyDue(database.q, "fallback"))) return;
  await database.transact(async (tx) => {
    const now = await appNow(tx.q);
    const nameOf = await serviceNames(tx.q);
    for (const { organisationCode, groupCode } of await takeDue(tx, "fallback", nextFallbackMailAt(now), AT_ONCE)) {
      const facts = await readFacts(tx.q, groupCode);
      if (facts.open.length + facts.agreed.length === 0) continue;
      await tellFederation(tx, organisationCode, {
        cause: `fallback:${organisationCode}:${hourOf(now)}`,
        kind: "fallback-page",
        ...fallbackMail(facts, nameOf),
        page: { name: pageName(groupCode, now), html: fallbackHtml(facts, nameOf, PAGE_BYTES) },
      });
    }
  });
};
