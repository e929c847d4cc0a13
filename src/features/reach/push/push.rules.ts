import {
  createCipheriv,
  createECDH,
  createHmac,
  createPrivateKey,
  randomBytes,
  sign,
  type ECDH,
  type KeyObject,
} from "node:crypto";

/*
 * Web push with what Node has: message encryption (RFC 8291 over RFC 8188) and voluntary identification (VAPID, RFC 8292).
 * The usual package for it is under a licence that this project does not take (MPL-2.0).
 */

const CURVE = "prime256v1";

const hmac = (key: Buffer, ...data: readonly Buffer[]): Buffer => {
  const made = createHmac("sha256", key);
  for (const each of data) made.update(each);
  return made.digest();
};

const ascii = (text: string): Buffer => Buffer.from(text, "ascii");
const ONE = Buffer.from([1]);

const pairOf = (privateKey: string): ECDH => {
  const pair = createECDH(CURVE);
  pair.setPrivateKey(Buffer.from(privateKey, "base64url"));
  return pair;
};

/** A new key of the installation, base64url: 32 bytes. */
export const newVapidKey = (): string => {
  const pair = createECDH(CURVE);
  pair.generateKeys();
  return Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()])
    .subarray(-32)
    .toString("base64url");
};

/** The public half, with which browsers subscribe: an uncompressed point, base64url. */
export const publicKeyOf = (privateKey: string): string => pairOf(privateKey).getPublicKey().toString("base64url");

const signingKey = (privateKey: string): KeyObject => {
  const point = pairOf(privateKey).getPublicKey();
  return createPrivateKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      d: privateKey,
      x: point.subarray(1, 33).toString("base64url"),
      y: point.subarray(33).toString("base64url"),
    },
  });
};

/** Who we are, for the push service of `endpoint`: valid until `expiresAt`, at most a day ahead (RFC 8292 2). */
export const vapidHeader = (
  endpoint: string,
  {
    privateKey,
    subject,
    expiresAt,
  }: { readonly privateKey: string; readonly subject: string; readonly expiresAt: Date },
): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { aud: new URL(endpoint).origin, exp: Math.floor(expiresAt.getTime() / 1_000), sub: subject };
  const unsigned = `${part({ typ: "JWT", alg: "ES256" })}.${part(claims)}`;
  const signature = sign("sha256", ascii(unsigned), { key: signingKey(privateKey), dsaEncoding: "ieee-p1363" });
  return `vapid t=${unsigned}.${signature.toString("base64url")}, k=${publicKeyOf(privateKey)}`;
};

/** Only the browser can read it; the push service carries it. `p256dh` and `auth` are the subscription's, base64url. */
export const encryptPush = (text: string, keys: { readonly p256dh: string; readonly auth: string }): Buffer => {
  const browser = Buffer.from(keys.p256dh, "base64url");
  const pair = createECDH(CURVE);
  const own = pair.generateKeys();
  const salt = randomBytes(16);
  const secret = hmac(Buffer.from(keys.auth, "base64url"), pair.computeSecret(browser));
  const input = hmac(secret, ascii("WebPush: info\0"), browser, own, ONE);
  const key = hmac(salt, input);
  const content = hmac(key, ascii("Content-Encoding: aes128gcm\0"), ONE).subarray(0, 16);
  const nonce = hmac(key, ascii("Content-Encoding: nonce\0"), ONE).subarray(0, 12);
  const cipher = createCipheriv("aes-128-gcm", content, nonce);
  // 2 marks the last record (RFC 8188 2).
  const body = Buffer.concat([
    cipher.update(text, "utf8"),
    cipher.update(Buffer.from([2])),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(4_096);
  return Buffer.concat([salt, size, Buffer.from([own.length]), own, body]);
};

const SERVICES = [
  "fcm.googleapis.com",
  "updates.push.services.mozilla.com",
  "web.push.apple.com",
  ".notify.windows.com",
  ".push.apple.com",
] as const;

/** A browser names the address that we post to: only push services are posted to, never anything inside our network. */
export const isPushService = (endpoint: string, allowed: readonly string[]): boolean => {
  if (!URL.canParse(endpoint)) return false;
  const { origin, protocol, hostname, port } = new URL(endpoint);
  if (allowed.includes(origin)) return true;
  if (protocol !== "https:" || port !== "") return false;
  return SERVICES.some((each) => (each.startsWith(".") ? hostname.endsWith(each) : hostname === each));
};
