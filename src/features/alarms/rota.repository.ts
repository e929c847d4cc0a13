import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { isoText } from "../../platform/db/iso-text.ts";

const broker = z.object({
  id: z.string(),
  name: z.string(),
  organisationCode: z.string(),
  /** Still ahead; null: at work. */
  awayUntil: z.string().nullable(),
});
export type Broker = z.output<typeof broker>;

/** The brokers of a group's federations, by name; those who have left are not among them. */
export const brokersIn = async (q: Queryable, groupCode: string): Promise<Broker[]> =>
  rows(
    q,
    broker,
    sql`
      select u.id, u.name, o.code as "organisationCode",
        ${isoText(sql`(select a.away_until from broker_absences a where a.user_id = u.id and a.organisation_code = o.code
                         and a.away_until > app_now())`)} as "awayUntil"
      from sharing_memberships m join organisations o on o.code = m.organisation_code and o.kind = 'federation'
      join user_roles r on r.organisation_code = o.code and r.role = 'broker'
      join users u on u.id = r.user_id and u.deactivated_at is null
      where m.group_code = ${groupCode} order by u.name, u.id`,
  );

const rota = z.object({
  organisationCode: z.string(),
  ownerId: z.string().nullable(),
  deputyId: z.string().nullable(),
  version: z.number(),
});
export type StoredRota = z.output<typeof rota>;

/** The rotas of a group, by federation. Several federations in one group are rare: the first that names somebody answers. */
export const rotasIn = async (q: Queryable, groupCode: string): Promise<StoredRota[]> =>
  rows(
    q,
    rota,
    sql`
      select r.organisation_code as "organisationCode", r.owner_id as "ownerId", r.deputy_id as "deputyId", r.version
      from alarm_rotas r join sharing_memberships m on m.organisation_code = r.organisation_code
      join organisations o on o.code = r.organisation_code and o.kind = 'federation'
      where m.group_code = ${groupCode} order by r.organisation_code`,
  );

export const rotaOf = async (q: Queryable, organisationCode: string): Promise<StoredRota | undefined> =>
  (
    await rows(
      q,
      rota,
      sql`select organisation_code as "organisationCode", owner_id as "ownerId", deputy_id as "deputyId", version
          from alarm_rotas where organisation_code = ${organisationCode}`,
    )
  )[0];

/** Writes the rota if it still is at `version`, 0 being none yet; says whether it was. */
export const saveRota = async (
  tx: Tx,
  organisationCode: string,
  version: number,
  { ownerId, deputyId }: { readonly ownerId: string | null; readonly deputyId: string | null },
): Promise<boolean> => {
  const written = await tx.q.execute(
    version === 0
      ? sql`insert into alarm_rotas (organisation_code, owner_id, deputy_id, version, updated_at)
            values (${organisationCode}, ${ownerId}, ${deputyId}, 1, app_now()) on conflict do nothing`
      : sql`update alarm_rotas set owner_id = ${ownerId}, deputy_id = ${deputyId}, version = version + 1, updated_at = app_now()
            where organisation_code = ${organisationCode} and version = ${version}`,
  );
  return written.rowCount === 1;
};

/** Null: back again. */
export const saveAbsence = async (
  tx: Tx,
  who: { userId: string; organisationCode: string },
  until: Date | null,
): Promise<void> => {
  await tx.q.execute(
    until === null
      ? sql`delete from broker_absences where user_id = ${who.userId} and organisation_code = ${who.organisationCode}`
      : sql`insert into broker_absences (user_id, organisation_code, away_until)
            values (${who.userId}, ${who.organisationCode}, ${until.toISOString()}::timestamptz)
            on conflict (user_id, organisation_code) do update set away_until = excluded.away_until`,
  );
};
