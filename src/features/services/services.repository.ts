import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Queryable } from "../../platform/db/database.ts";
import { initialCatalogue } from "./catalogue.rules.ts";
import { organisationServices, services } from "./services.table.ts";
import type { Service } from "./services.schema.ts";

/**
 * Fills in whatever the catalogue lacks, and touches nothing that is there, so an admin's edits stay. Run after every
 * migration. It is code and not a migration because the catalogue is typed, tested and grows with releases, while a
 * migration runs once and would have to be repeated for each new service.
 */
export const ensureCatalogue = async (q: Queryable): Promise<void> => {
  await q
    .insert(services)
    .values([...initialCatalogue])
    .onConflictDoNothing();
};

/** One service, active or not; undefined if there is none of that code. */
export const readService = async (q: Queryable, code: string): Promise<Service | undefined> => {
  const [service] = await q.select().from(services).where(eq(services.code, code));
  return service;
};

/** Every service by name; inactive ones only when asked for. */
export const serviceCatalogue = async (
  q: Queryable,
  options: { readonly withInactive?: boolean } = {},
): Promise<Service[]> =>
  q
    .select()
    .from(services)
    .where(options.withInactive === true ? undefined : eq(services.isActive, true))
    .orderBy(asc(services.name), asc(services.code));

/** What people call each service, also those no longer in use; the code itself for one that is not there. */
export const serviceNames = async (q: Queryable): Promise<(code: string) => string> => {
  const all = await q.select({ code: services.code, name: services.name }).from(services);
  const names = new Map(all.map(({ code, name }) => [code, name]));
  return (code) => names.get(code) ?? code;
};

export const writeService = async (q: Queryable, service: Service): Promise<void> => {
  await q.insert(services).values(service).onConflictDoUpdate({ target: services.code, set: service });
};

/** Whether other services are matched as this one. */
export const isMatchedTo = async (q: Queryable, code: string): Promise<boolean> =>
  (await q.select({ code: services.code }).from(services).where(eq(services.matchedAs, code)).limit(1)).length > 0;

/** The services that an organisation says it could do for neighbours (C3), by code. */
export const servicesOf = async (q: Queryable, organisationCode: string): Promise<string[]> => {
  const found = await q
    .select({ code: organisationServices.serviceCode })
    .from(organisationServices)
    .where(eq(organisationServices.organisationCode, organisationCode))
    .orderBy(asc(organisationServices.serviceCode));
  return found.map(({ code }) => code);
};

/** Replaces what an organisation could do. The codes must be of the catalogue. */
export const replaceServicesOf = async (
  q: Queryable,
  organisationCode: string,
  codes: readonly string[],
): Promise<void> => {
  await q.delete(organisationServices).where(eq(organisationServices.organisationCode, organisationCode));
  if (codes.length === 0) return;
  await q.insert(organisationServices).values(codes.map((serviceCode) => ({ organisationCode, serviceCode })));
};

/** Which of these codes are active services. */
export const activeServicesAmong = async (q: Queryable, codes: readonly string[]): Promise<string[]> => {
  if (codes.length === 0) return [];
  const found = await q
    .select({ code: services.code })
    .from(services)
    .where(and(inArray(services.code, [...codes]), eq(services.isActive, true)));
  return found.map(({ code }) => code);
};

/** Gives organisations that have not said what they could do what is shared by default (C3). Federations do nothing themselves. */
export const giveDefaultServices = async (q: Queryable, organisationCodes: readonly string[]): Promise<void> => {
  await q.execute(sql`
    insert into organisation_services (organisation_code, service_code)
    select o.code, s.code from organisations o cross join services s
    where o.code = any(${sql.param([...organisationCodes])}::text[]) and o.kind <> 'federation'
      and not exists (select from organisation_services x where x.organisation_code = o.code)
      and s.is_shared_by_default and s.is_active
    on conflict do nothing`);
};
