import { appNow, type Queryable, type Tx } from "../../platform/db/database.ts";
import { notFound, type FieldProblem } from "../../platform/errors/domain-error.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { unique } from "../../platform/lists/lists.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { activeServicesAmong, orderedRequirements, replaceServicesOf, servicesOf } from "../services/index.ts";
import { brokersOf, membersAmong } from "./membership.repository.ts";
import { settingsInPast, settingsStale, unknownInSettings } from "./practices.errors.ts";
import { settingsChanged } from "./practices.events.ts";
import { readOrganisation, sitesOf } from "./practices.repository.ts";
import { acceptRoles, keptPhone, type Settings, type SettingsPatch } from "./practices.schema.ts";
import {
  buddiesOf,
  replaceBuddies,
  updateOpeningHours,
  updateSettings,
  type SettingsColumns,
} from "./settings.repository.ts";

/** The settings of an organisation (C3). */
export const readSettings = async (q: Queryable, code: string): Promise<Settings> => {
  const organisation = await readOrganisation(q, code);
  if (organisation === undefined) throw notFound("organisation");
  const sites = await sitesOf(q, code);
  return {
    organisationCode: code,
    name: organisation.name,
    isAccepting: organisation.isAccepting,
    acceptingUntil: organisation.acceptingUntil,
    dailyCap: organisation.dailyCap,
    services: await servicesOf(q, code),
    provides: organisation.provides,
    acceptRoles: organisation.acceptRoles,
    bypassPhone: organisation.bypassPhone,
    buddies: await buddiesOf(q, code),
    sites: sites.map(({ id, name, address, isMain, openingHours }) => ({ id, name, address, isMain, openingHours })),
    version: organisation.version,
  };
};

/** Whatever the patch names that does not exist. A buddy of another group gets the same answer as one that is not there (P3). */
const findUnknown = async (
  q: Queryable,
  actor: Actor,
  patch: SettingsPatch,
  settings: Settings,
): Promise<FieldProblem[]> => {
  const known = new Set([...(await activeServicesAmong(q, patch.services ?? [])), ...settings.services]);
  const group = actor.groupCode === null ? [] : await membersAmong(q, actor.groupCode, patch.buddies ?? []);
  const sites = new Set(settings.sites.map(({ id }) => id));
  return [
    ...problemsOf("services", patch.services, (code) => known.has(code), "There is no such service."),
    ...problemsOf(
      "buddies",
      patch.buddies,
      (code) => code !== actor.organisationCode && group.includes(code),
      "A buddy is another practice of your sharing group.",
    ),
    ...problemsOf("sites", patch.sites, ({ id }) => sites.has(id), "There is no such site of yours."),
  ];
};

const problemsOf = <T>(
  field: string,
  values: readonly T[] | undefined,
  isKnown: (value: T) => boolean,
  message: string,
): FieldProblem[] =>
  (values ?? []).flatMap((value, index) => (isKnown(value) ? [] : [{ pointer: `/${field}/${index}`, message }]));

const refusePast = async (q: Queryable, { acceptingUntil }: SettingsPatch): Promise<void> => {
  if (typeof acceptingUntil === "string" && new Date(acceptingUntil) <= (await appNow(q))) throw settingsInPast();
};

/** Switching it on without a time, or off, forgets the time of before. */
const acceptingOf = ({ isAccepting, acceptingUntil }: SettingsPatch): SettingsColumns => {
  const until = typeof acceptingUntil === "string" ? new Date(acceptingUntil) : null;
  if (isAccepting !== undefined) return { isAccepting, acceptingUntil: isAccepting ? until : null };
  return acceptingUntil === undefined ? {} : { acceptingUntil: until };
};

/** What only concerns who answers, and how to reach them, cannot improve cover. */
const CANNOT_HELP = new Set(["acceptRoles", "bypassPhone"]);

/**
 * Changes what the patch names, if the settings still are at `version`. Switching off keeps what is agreed and what
 * waits: it only stops new asking.
 */
export const changeSettings = async (
  tx: Tx,
  actor: Actor,
  version: number,
  patch: SettingsPatch,
): Promise<Settings> => {
  const code = actor.organisationCode;
  const before = await readSettings(tx.q, code);
  if (before.version !== version) throw settingsStale(before.version);
  await refusePast(tx.q, patch);
  const unknown = await findUnknown(tx.q, actor, patch, before);
  if (unknown.length > 0) throw unknownInSettings(unknown);
  const isUpdated = await updateSettings(tx.q, code, version, {
    ...acceptingOf(patch),
    ...(patch.dailyCap === undefined ? {} : { dailyCap: patch.dailyCap }),
    ...(patch.provides === undefined ? {} : { provides: orderedRequirements(patch.provides) }),
    ...(patch.acceptRoles === undefined
      ? {}
      : { acceptRoles: acceptRoles.filter((role) => patch.acceptRoles?.includes(role)) }),
    ...(patch.bypassPhone === undefined
      ? {}
      : { bypassPhone: patch.bypassPhone === null ? null : keptPhone(patch.bypassPhone) }),
  });
  if (!isUpdated) throw settingsStale(version + 1);
  if (patch.services !== undefined) await replaceServicesOf(tx.q, code, unique(patch.services));
  if (patch.buddies !== undefined) await replaceBuddies(tx.q, code, unique(patch.buddies));
  for (const site of patch.sites ?? []) await updateOpeningHours(tx.q, site.id, site.openingHours);
  const after = await readSettings(tx.q, code);
  await announce(tx, actor, before, after);
  return after;
};

const announce = async (tx: Tx, actor: Actor, before: Settings, after: Settings): Promise<void> => {
  const { organisationCode, isAccepting, version } = after;
  const old = new Map<string, unknown>(Object.entries(before));
  const changed = Object.entries(after)
    .filter(([name, value]) => name !== "version" && JSON.stringify(value) !== JSON.stringify(old.get(name)))
    .map(([name]) => name);
  await recordAudit(tx, actor, "settings.change", organisationCode, { changed, isAccepting });
  const streams = new Set([
    organisationCode,
    ...(actor.groupCode === null ? [] : await brokersOf(tx, actor.groupCode)),
  ]);
  for (const stream of streams) {
    tx.emit(eventFor(settingsChanged, stream, { organisationCode, isAccepting, changed, version }));
  }
  const couldHelp = changed.some((name) => !CANNOT_HELP.has(name));
  if (actor.groupCode !== null && couldHelp) await askForMatching(tx, actor.groupCode, "settings.changed");
};
