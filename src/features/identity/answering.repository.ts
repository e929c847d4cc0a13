import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";

const standing = z.object({ may: z.boolean(), groupCode: z.string().nullable() });

/** Whether the user holds one of the roles that may answer offers at the organisation, and its sharing group. */
export const readStanding = async (
  q: Queryable,
  { userId, organisationCode }: Pick<Actor, "userId" | "organisationCode">,
): Promise<z.output<typeof standing>> => {
  const [found] = await rows(
    q,
    standing,
    sql`select exists (select 1 from user_roles r where r.user_id = ${userId} and r.organisation_code = o.code
                         and r.role = any(o.accept_roles)) as may,
               (select m.group_code from sharing_memberships m where m.organisation_code = o.code) as "groupCode"
        from organisations o where o.code = ${organisationCode}`,
  );
  return found ?? { may: false, groupCode: null };
};

/** Whether the organisation lets the actor's roles answer offers: each practice sets which. */
export const mayAnswerOffers = async (q: Queryable, actor: Actor): Promise<boolean> => {
  const [found] = await rows(
    q,
    z.object({ may: z.boolean() }),
    sql`select accept_roles && ${sql.param([...actor.roles])}::text[] as may
        from organisations where code = ${actor.organisationCode}`,
  );
  return found?.may ?? false;
};
