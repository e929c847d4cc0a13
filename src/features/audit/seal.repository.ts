import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import type { Seal } from "./seal.rules.ts";
import { auditSeals } from "./audit.table.ts";

const sealRow = z.object({
  id: z.number(),
  era: z.number(),
  fromXid: z.coerce.number(),
  untilXid: z.coerce.number(),
  count: z.number(),
  hash: z.string(),
  previous: z.string(),
  isPurged: z.boolean(),
});

const SEAL = sql`id, era, from_xid as "fromXid", until_xid as "untilXid", count, hash, previous,
  purged_at is not null as "isPurged"`;

/** The last seal, with whether it is older than `seconds` (or, with a clock set back, from the future). */
export const lastSeal = async (
  q: Queryable,
  seconds: number,
): Promise<{ readonly seal: Seal; readonly isOld: boolean } | undefined> => {
  const [found] = await rows(
    q,
    sealRow.extend({ isOld: z.boolean() }),
    sql`select ${SEAL}, app_now() - sealed_at not between interval '0' and make_interval(secs => ${seconds}) as "isOld"
        from audit_seals order by id desc limit 1`,
  );
  if (found === undefined) return undefined;
  const { isOld, ...seal } = found;
  return { seal, isOld };
};

/** Up to `limit` seals after that id, in order. */
export const sealsAfter = async (q: Queryable, id: number, limit: number): Promise<Seal[]> =>
  rows(q, sealRow, sql`select ${SEAL} from audit_seals where id > ${id} order by id limit ${limit}`);

/**
 * An entry in one text, the same on every PostgreSQL: jsonb writes keys and numbers in one way. Instants are written in
 * UTC whatever the connection's time zone.
 */
const CANONICAL = sql`jsonb_build_array(id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS'), user_id,
  organisation_code, action, subject, data, era, xid)::text`;

const ORDER = sql`order by xid, id`;

const textRow = z.object({ text: z.string() });

/** The entries of a batch in canonical text and order. */
export const entriesOf = async (
  q: Queryable,
  { era, fromXid, untilXid }: Pick<Seal, "era" | "fromXid" | "untilXid">,
): Promise<string[]> =>
  (
    await rows(
      q,
      textRow,
      sql`select ${CANONICAL} as text from audit_entries
          where era = ${era} and xid >= ${fromXid} and xid < ${untilXid} ${ORDER}`,
    )
  ).map(({ text }) => text);

const pendingRow = z.object({
  era: z.number(),
  untilXid: z.coerce.number(),
  count: z.coerce.number(),
  lastAt: z.coerce.date(),
});

/**
 * What can be sealed next: the entries, from `fromXid` of `era` on, of transactions below the oldest that still runs. None
 * of those can add an entry any more, whenever it committed. An earlier era has ended altogether. At most about `limit`,
 * whole transactions; undefined where there are none.
 */
export const pendingBatch = async (
  q: Queryable,
  { era, fromXid, isCurrent }: Pick<Seal, "era" | "fromXid"> & { readonly isCurrent: boolean },
  limit: number,
): Promise<z.output<typeof pendingRow> | undefined> => {
  const [found] = await rows(
    q,
    pendingRow,
    sql`
      with horizon as (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xid),
      first as (
        select e.xid, e.at from audit_entries e, horizon
        where e.era = ${era} and e.xid >= ${fromXid} and (e.xid < horizon.xid or not ${isCurrent}::boolean) order by e.xid, e.id limit ${limit}
      ), until as (select max(xid) + 1 as xid from first)
      select ${era}::int as era, until.xid as "untilXid", count(*) as count, max(e.at) as "lastAt"
      from until join audit_entries e on e.era = ${era} and e.xid >= ${fromXid} and e.xid < until.xid
      group by until.xid`,
  );
  return found;
};

/** The era that new entries belong to, which is the column's default: nothing needs to be looked up to write one. */
export const currentEra = async (q: Queryable): Promise<number> => {
  const [found] = await rows(
    q,
    z.object({ era: z.coerce.number() }),
    sql`select pg_get_expr(adbin, adrelid) as era from pg_attrdef d
        join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
        where d.adrelid = 'audit_entries'::regclass and a.attname = 'era'`,
  );
  if (found === undefined) throw new Error("audit_entries.era has no default");
  return found.era;
};

/** From here on entries belong to the next era: the database was restored, and its transactions count from elsewhere. */
export const beginEra = async (q: Queryable): Promise<number> => {
  const next = (await currentEra(q)) + 1;
  await q.execute(sql`alter table audit_entries alter column era set default ${sql.raw(String(next))}`);
  return next;
};

/** The era of the first entries that are not yet sealed; where there are none, that of the last seal. */
export const eraToSeal = async (q: Queryable, last: Seal | undefined): Promise<number> => {
  const [found] = await rows(
    q,
    z.object({ era: z.number().nullable() }),
    sql`select min(era) as era from audit_entries
        where era > ${last?.era ?? 0} or (era = ${last?.era ?? 0} and xid >= ${last?.untilXid ?? 0})`,
  );
  return found?.era ?? last?.era ?? 1;
};

export const insertSeal = async (
  q: Queryable,
  seal: Omit<Seal, "isPurged"> & { readonly lastAt: Date },
): Promise<void> => {
  await q.insert(auditSeals).values({ ...seal, sealedAt: sql`app_now()` });
};

/** Entries that lie outside every batch although the last one ended beyond them: written behind the seals. */
export const straysBefore = async (q: Queryable, last: Seal): Promise<number> => {
  const [found] = await rows(
    q,
    z.object({ n: z.coerce.number() }),
    sql`
      select count(*) as n from audit_entries e
      where (e.era < ${last.era} or (e.era = ${last.era} and e.xid < ${last.untilXid}))
        and not exists (select 1 from audit_seals s where s.era = e.era and e.xid >= s.from_xid and e.xid < s.until_xid)`,
  );
  return found?.n ?? 0;
};
