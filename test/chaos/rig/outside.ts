import { createServer } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { startMailServer, type ReceivedMail } from "../../support/mail-server.ts";
import { openProxy, type Proxy } from "./proxy.ts";

/** One message that a practice's own tool was posted and answered with 204. */
export interface ReceivedHook {
  /** `/hooks/K01001`: whose it is. */
  readonly path: string;
  readonly body: string;
}

/** The world that Covershare writes to, each part behind a line that can be broken: a mail server, and tools of practices. */
export interface Outside {
  readonly mails: readonly ReceivedMail[];
  readonly hooks: readonly ReceivedHook[];
  readonly lines: { readonly mail: Proxy; readonly hooks: Proxy };
  close(): Promise<void>;
}

export const openOutside = async (): Promise<Outside> => {
  const mail = await startMailServer();
  const hooks: ReceivedHook[] = [];
  const receiver = createServer((request, response) => {
    void text(request).then(
      (body) => {
        // What was cut off in the middle was not received.
        if (!request.complete) return response.destroy();
        hooks.push({ path: request.url ?? "", body });
        return response.writeHead(204).end();
      },
      () => response.destroy(),
    );
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const address = receiver.address();
  if (address === null || typeof address === "string") throw new Error("the receiver has no port");
  const lines = {
    mail: await openProxy(() => [Number(new URL(mail.url).port)]),
    hooks: await openProxy(() => [address.port]),
  };
  return {
    mails: mail.received,
    hooks,
    lines,
    close: async () => {
      await Promise.all([lines.mail.close(), lines.hooks.close()]);
      receiver.closeAllConnections();
      receiver.close();
      await mail.close();
    },
  };
};
