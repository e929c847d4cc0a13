import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Database } from "../../platform/db/database.ts";
import type { Logger } from "../../platform/log/log.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import type { Sealer } from "../../platform/secrets/sealer.ts";

const stored = z.object({ id: z.string(), secret: z.string(), previousSecret: z.string().nullable() });

/**
 * Seals the webhooks' secrets that are not under the present key: those of before there was one, and those of a former key,
 * which can then be taken off the list. Says how many it sealed, and how many none of our keys opens.
 */
export const sealWebhookSecrets = async (
  { q }: Database,
  sealer: Sealer,
): Promise<{ readonly sealed: number; readonly lost: number }> => {
  const all = await rows(q, stored, sql`select id, secret, previous_secret as "previousSecret" from webhook_endpoints`);
  let [sealed, lost] = [0, 0];
  for (const { id, secret, previousSecret } of all) {
    const anew = [secret, previousSecret].map((each) => {
      if (each === null || sealer.isCurrent(each)) return each;
      const plain = sealer.open(each, id);
      return plain === undefined ? undefined : sealer.seal(plain, id);
    });
    const [next, previous] = anew;
    if (next === undefined || next === null) {
      lost += 1;
      continue;
    }
    if (next === secret && (previous === previousSecret || previous === undefined)) continue;
    // Only what was read: whoever rotates it meanwhile has sealed it already.
    const { rowCount } = await q.execute(sql`
      update webhook_endpoints set secret = ${next}, previous_secret = ${previous ?? null}
      where id = ${id} and secret = ${secret} and previous_secret is not distinct from ${previousSecret}`);
    sealed += rowCount ?? 0;
  }
  return { sealed, lost };
};

/** Once after a start, by whichever matcher: nobody has to remember a command. */
export const sealingSweepers = (database: Database, sealer: Sealer, log: Logger): readonly Sweeper[] => {
  let isDone = !sealer.isSealing;
  return [
    {
      name: "seal secrets",
      run: async () => {
        if (isDone) return;
        const { sealed, lost } = await sealWebhookSecrets(database, sealer);
        isDone = true;
        if (sealed > 0) log.info({ webhooks: sealed }, "the secrets of webhooks are sealed under the present key");
        if (lost > 0)
          log.error(
            { webhooks: lost },
            "no key given opens the secrets of some webhooks: add the former key to SECRETS_KEYS, or have their managers make new secrets",
          );
      },
    },
  ];
};
