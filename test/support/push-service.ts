import { createDecipheriv, createECDH, createHmac, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { buffer } from "node:stream/consumers";

/** What a push service was posted. */
export interface Pushed {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

export interface PushService {
  /** For `PUSH_SERVICES`. */
  readonly origin: string;
  readonly pushed: Pushed[];
  /** What it answers with; 201 is taken. */
  status: number;
  /** Called when it has all of a message, before it answers. */
  onPushed: () => void;
  close(): Promise<void>;
}

/** A push service of our own (RFC 8030) on loopback: it takes what it is posted and cannot read it. */
export const startPushService = async (): Promise<PushService> => {
  const server: Server = createServer((request, response) => {
    void buffer(request).then(
      (body) => {
        service.pushed.push({ path: request.url ?? "", headers: request.headers, body });
        service.onPushed();
        response.writeHead(service.status).end();
      },
      // Its sender died in the middle.
      () => undefined,
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const service: PushService = {
    origin: `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`,
    pushed: [],
    status: 201,
    onPushed: () => undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return service;
};

export interface PushReceiver {
  readonly subscription: { readonly endpoint: string; readonly p256dh: string; readonly auth: string };
  /** What was pushed, as the page's service worker gets it; throws where it was not encrypted for this browser. */
  readonly read: (body: Buffer) => string;
}

/** A browser: its keys, and what it does with a message (RFC 8291 3, RFC 8188 2). Written apart from the code under test. */
export const aPushReceiver = (endpoint: string): PushReceiver => {
  const pair = createECDH("prime256v1");
  const own = pair.generateKeys();
  const auth = randomBytes(16);
  const hmac = (key: Buffer, text: Buffer): Buffer => createHmac("sha256", key).update(text).digest();
  return {
    subscription: { endpoint, p256dh: own.toString("base64url"), auth: auth.toString("base64url") },
    read: (body) => {
      const [salt, length] = [body.subarray(0, 16), body.readUInt8(20)];
      const [theirs, sealed] = [body.subarray(21, 21 + length), body.subarray(21 + length)];
      const secret = hmac(auth, pair.computeSecret(theirs));
      const input = hmac(secret, Buffer.concat([Buffer.from("WebPush: info\0"), own, theirs, Buffer.from([1])]));
      const key = hmac(salt, input);
      const content = hmac(key, Buffer.from("Content-Encoding: aes128gcm\0\x01")).subarray(0, 16);
      const nonce = hmac(key, Buffer.from("Content-Encoding: nonce\0\x01")).subarray(0, 12);
      const cipher = createDecipheriv("aes-128-gcm", content, nonce).setAuthTag(sealed.subarray(-16));
      const plain = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
      if (plain.at(-1) !== 2) throw new Error("it is not marked as the last record");
      return plain.subarray(0, -1).toString("utf8");
    },
  };
};
