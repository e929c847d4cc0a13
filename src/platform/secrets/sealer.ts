import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/**
 * Keeps secrets that we must be able to read again (unlike passwords) out of the database's own words: whoever gets hold of
 * a copy of it, a backup or a replica, cannot use them without the key, which is never in it.
 */
export interface Sealer {
  /** Whether there is a key at all: without one, secrets are stored as they are. */
  readonly isSealing: boolean;
  /** `about` names where it is stored; put elsewhere, it does not open. */
  seal(secret: string, about: string): string;
  /** Undefined: with none of our keys. What was stored before there was a key comes back as it is. */
  open(stored: string, about: string): string | undefined;
  /** Whether it is as `seal` would store it now: by the present key. */
  isCurrent(stored: string): boolean;
}

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = "aes-256-gcm";
const MARK = "sealed:1:";

/** Tells keys apart without saying anything of them. */
const nameOf = (key: Buffer): string =>
  createHash("sha256").update("covershare key ").update(key).digest("hex").slice(0, 12);

const sealed = /^sealed:1:([0-9a-f]{12}):([A-Za-z0-9_-]+)$/;

/**
 * AES-256-GCM under the first of these keys, each of 32 bytes; the others, former ones, only open. A random nonce for each
 * value is safe for far more values (2^32) than there will ever be.
 */
export const createSealer = (keys: readonly Buffer[]): Sealer => {
  const byName = new Map(keys.map((key) => [nameOf(key), key]));
  const [first] = keys;
  const present = first === undefined ? undefined : { key: first, prefix: `${MARK}${nameOf(first)}:` };
  return {
    isSealing: present !== undefined,
    seal: (secret, about) => {
      if (present === undefined) return secret;
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, present.key, nonce).setAAD(Buffer.from(about, "utf8"));
      const body = Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `${present.prefix}${body.toString("base64url")}`;
    },
    open: (stored, about) => {
      if (!stored.startsWith(MARK)) return stored;
      const [, name = "", text = ""] = sealed.exec(stored) ?? [];
      const key = byName.get(name);
      const body = Buffer.from(text, "base64url");
      if (key === undefined || body.length < NONCE_BYTES + TAG_BYTES) return undefined;
      try {
        const opener = createDecipheriv(ALGORITHM, key, body.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
          .setAAD(Buffer.from(about, "utf8"))
          .setAuthTag(body.subarray(-TAG_BYTES));
        return Buffer.concat([opener.update(body.subarray(NONCE_BYTES, -TAG_BYTES)), opener.final()]).toString("utf8");
      } catch {
        return undefined;
      }
    },
    isCurrent: (stored) => present === undefined || stored.startsWith(present.prefix),
  };
};
