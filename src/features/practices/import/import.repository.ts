import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../../platform/db/database.ts";
import { newId } from "../../../platform/ids/ids.ts";
import { unique } from "../../../platform/lists/lists.ts";
import { defaultOpeningHours } from "../../calendar/index.ts";
import { acceptRoles } from "../practices.schema.ts";
import type { PracticeRow } from "./import.schema.ts";

/*
 * An import is a handful of statements over two temporary tables, whatever the number of rows. The tables vanish with the
 * transaction.
 */

/** Lays the rows out for the statements below, in chunks, so that no single parameter grows large. */
export const stageRows = async (
  q: Queryable,
  practices: readonly PracticeRow[],
  onProgress: (staged: number) => void,
): Promise<void> => {
  // An import may take longer than an answer to a browser.
  await q.execute(sql`select set_config('statement_timeout', '120s', true)`);
  await q.execute(sql`
    create temporary table import_rows (code text primary key, line int, name text, address text, postcode text,
      status text, lat float8, lon float8, list_size int, site_id uuid, group_code text) on commit drop`);
  await q.execute(sql`
    create temporary table import_networks (code text, kind text, name text, organisation_code text,
      primary key (code, organisation_code)) on commit drop`);
  const chunk = 1_000;
  for (let from = 0; from < practices.length; from += chunk) {
    const part = practices.slice(from, from + chunk);
    const staged = part.map(({ networks: _networks, group, listSize, ...row }) => ({
      ...row,
      list_size: listSize,
      site_id: newId(),
      group_code: group?.code ?? null,
    }));
    await q.execute(sql`
      insert into import_rows
      select code, line, name, address, postcode, status, lat, lon, list_size, site_id, group_code
      from jsonb_to_recordset(${JSON.stringify(staged)}::jsonb) as t(code text, line int, name text, address text,
        postcode text, status text, lat float8, lon float8, list_size int, site_id uuid, group_code text)`);
    const networks = part.flatMap(({ code, networks, group }) =>
      [...networks, ...(group === null ? [] : [group])].map((network) => ({ ...network, organisation_code: code })),
    );
    await q.execute(sql`
      insert into import_networks
      select code, kind, name, organisation_code from jsonb_to_recordset(${JSON.stringify(networks)}::jsonb)
        as t(code text, kind text, name text, organisation_code text)
      on conflict do nothing`);
    onProgress(from + part.length);
  }
  await q.execute(sql`analyze import_rows`);
  await q.execute(sql`analyze import_networks`);
};

const counted = z.object({ n: z.coerce.number() });
const coded = z.object({ code: z.string() });

const codesOf = async (q: Queryable, statement: ReturnType<typeof sql>): Promise<string[]> =>
  (await rows(q, coded, statement)).map(({ code }) => code);

/** Staged codes that belong to a hub or a federation here: a practice file must not overwrite those. */
export const codesOfOtherKinds = async (q: Queryable): Promise<string[]> =>
  codesOf(
    q,
    sql`select o.code from organisations o join import_rows i using (code) where o.kind <> 'practice' order by o.code`,
  );

/** Takes closed practices that were never known here off the stage; returns how many. */
export const dropUnknownClosed = async (q: Queryable): Promise<number> => {
  const dropped = await q.execute(sql`
    delete from import_rows i where i.status = 'CLOSED' and not exists (select from organisations o where o.code = i.code)`);
  await q.execute(
    sql`delete from import_networks n where not exists (select from import_rows i where i.code = n.organisation_code)`,
  );
  return dropped.rowCount ?? 0;
};

const update = z.object({ code: z.string(), isClosed: z.boolean(), isMoved: z.boolean() });

/** Writes what differs. Null in the file means that it does not say, so what is known stays. */
export const updateKnown = async (q: Queryable): Promise<z.output<typeof update>[]> =>
  rows(
    q,
    update,
    sql`with change as (
          select o.code, o.status as old_status, o.lat as old_lat, o.lon as old_lon, i.name, i.status,
                 coalesce(i.postcode, o.postcode) as postcode, coalesce(i.lat, o.lat) as lat, coalesce(i.lon, o.lon) as lon,
                 coalesce(i.list_size, o.list_size) as list_size
          from organisations o join import_rows i using (code)
        )
        update organisations o
        set name = c.name, status = c.status, postcode = c.postcode, lat = c.lat, lon = c.lon, list_size = c.list_size,
            version = o.version + 1, updated_at = app_now()
        from change c
        where o.code = c.code
          and (o.name, o.status, o.postcode, o.lat, o.lon, o.list_size)
              is distinct from (c.name, c.status, c.postcode, c.lat, c.lon, c.list_size)
        returning o.code, c.status = 'CLOSED' and c.old_status <> 'CLOSED' as "isClosed",
                  (c.old_lat, c.old_lon) is distinct from (c.lat, c.lon) as "isMoved"`,
  );

/** Brings the main site's address in step; returns the codes concerned. */
export const updateAddresses = async (q: Queryable): Promise<string[]> =>
  codesOf(
    q,
    sql`update sites s set address = i.address from import_rows i
        where s.organisation_code = i.code and s.is_main and i.address is not null
          and s.address is distinct from i.address
        returning s.organisation_code as code`,
  );

/** Adds whatever is new, each with its main site: accepting, without a cap, open at the default hours. Being matched still needs a signature (P6). */
export const insertNew = async (q: Queryable): Promise<string[]> => {
  const created = await codesOf(
    q,
    sql`insert into organisations (code, kind, name, postcode, lat, lon, list_size, status, is_accepting, provides,
                                   accept_roles, version, updated_at)
        select code, 'practice', name, postcode, lat, lon, list_size, status, true, '{}',
               ${sql.param([...acceptRoles])}::text[], 1, app_now()
        from import_rows i where not exists (select from organisations o where o.code = i.code)
        order by code returning code`,
  );
  await q.execute(sql`
    insert into sites (id, organisation_code, name, address, is_main, opening_hours)
    select i.site_id, i.code, i.name, i.address, true, ${JSON.stringify(defaultOpeningHours)}::jsonb
    from import_rows i where not exists (select from sites s where s.organisation_code = i.code)`);
  return created;
};

/** After thousands of new rows the planner still thinks the tables are empty, and would look for each pair one by one. */
export const analyzeChanged = async (q: Queryable): Promise<void> => {
  await q.execute(sql`analyze organisations, sharing_memberships, networks, network_members`);
};

/** Closes every practice that the file does not name. */
export const closeMissing = async (q: Queryable): Promise<string[]> =>
  codesOf(
    q,
    sql`update organisations o set status = 'CLOSED', version = o.version + 1, updated_at = app_now()
        where o.kind = 'practice' and o.status <> 'CLOSED' and not exists (select from import_rows i where i.code = o.code)
        returning o.code`,
  );

/** Adds and renames networks, and brings the memberships of the file's kinds in step. Returns the codes whose PCN changed. */
export const syncNetworks = async (q: Queryable, kinds: readonly string[]): Promise<string[]> => {
  await q.execute(sql`
    insert into networks (code, kind, name)
    select distinct on (code) code, kind, name from import_networks order by code, kind = 'sharing-group', name
    on conflict (code) do update set name = excluded.name
      where networks.kind = excluded.kind and networks.name <> excluded.name and excluded.name <> excluded.code`);
  const kindList = sql`${sql.param([...kinds])}::text[]`;
  return codesOf(
    q,
    sql`with gone as (
          delete from network_members m using networks n, import_rows i
          where n.code = m.network_code and n.kind = any(${kindList}) and i.code = m.organisation_code
            and not exists (select from import_networks w
                            where w.code = m.network_code and w.organisation_code = m.organisation_code)
          returning m.organisation_code, n.kind
        ), come as (
          insert into network_members (network_code, organisation_code)
          select w.code, w.organisation_code from import_networks w where w.kind = any(${kindList})
          on conflict do nothing
          returning organisation_code, network_code
        )
        select organisation_code as code from gone where kind = 'pcn'
        union
        select c.organisation_code from come c join networks n on n.code = c.network_code and n.kind = 'pcn'`,
  );
};

/**
 * Makes each practice an unsigned member of the group that the file names, once its networks are there. One that was of
 * another group loses its signature, which was for that group's agreement. Returns every group that gained or lost.
 */
export const syncMemberships = async (q: Queryable): Promise<string[]> => {
  const left = await codesOf(
    q,
    sql`select distinct m.group_code as code from sharing_memberships m join import_rows i on i.code = m.organisation_code
        where i.group_code is not null and i.group_code <> m.group_code`,
  );
  const joined = await codesOf(
    q,
    sql`insert into sharing_memberships (organisation_code, group_code)
        select i.code, i.group_code from import_rows i where i.group_code is not null
        on conflict (organisation_code) do update
          set group_code = excluded.group_code, agreement_version = null, signed_by = null, signed_at = null,
              valid_from = null, valid_until = null
          where sharing_memberships.group_code <> excluded.group_code
        returning group_code as code`,
  );
  return unique([...left, ...joined]);
};

/** The sharing groups of these organisations. */
export const groupsOf = async (q: Queryable, codes: readonly string[]): Promise<string[]> =>
  codesOf(
    q,
    sql`select distinct group_code as code from sharing_memberships
        where organisation_code = any(${sql.param([...codes])}::text[])`,
  );

/** Whether anybody of the group has signed, so that planning it is worth while. */
export const signedGroupsAmong = async (q: Queryable, groupCodes: readonly string[]): Promise<string[]> =>
  codesOf(
    q,
    sql`select distinct group_code as code from sharing_memberships
        where group_code = any(${sql.param([...groupCodes])}::text[]) and signed_at is not null`,
  );

/** How many practices there are on the stage. */
export const stagedCount = async (q: Queryable): Promise<number> =>
  (await rows(q, counted, sql`select count(*) as n from import_rows`))[0]?.n ?? 0;
