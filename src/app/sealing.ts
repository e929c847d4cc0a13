import type { Config } from "../config/config.ts";
import type { Logger } from "../platform/log/log.ts";
import { keyBeside } from "../platform/secrets/key-file.ts";
import { createSealer, type Sealer } from "../platform/secrets/sealer.ts";

/**
 * The keys of this installation: those of its configuration, the present one first. An embedded one without makes its own,
 * beside its data; one with a database elsewhere cannot, because each of its processes would make another.
 */
export const openSealer = async ({ secretsKeys, database }: Config, log: Logger): Promise<Sealer> => {
  if (secretsKeys.length > 0) return createSealer(secretsKeys);
  if (database.url === undefined) return createSealer([await keyBeside(database.dataDir)]);
  log.warn({}, "SECRETS_KEYS is not set: the signing secrets of webhooks lie readable in the database");
  return createSealer([]);
};
