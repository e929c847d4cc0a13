import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from "smtp-server";

/** One message that the server took, taken apart. */
export interface ReceivedMail {
  readonly to: string;
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly { readonly name: string; readonly body: string }[];
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string;
}

const decodeQuoted = (body: string): Buffer =>
  Buffer.from(
    body
      .replaceAll(/=\r?\n/g, "")
      .replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );

const decodeBody = (encoding: string, body: string): string =>
  (encoding === "base64"
    ? Buffer.from(body, "base64")
    : encoding === "quoted-printable"
      ? decodeQuoted(body)
      : Buffer.from(body, "latin1")
  ).toString("utf8");

/** RFC 2047, as far as mail clients write it. */
const decodeWords = (value: string): string =>
  value
    .replaceAll(/\?=\s+=\?/g, "?==?")
    .replaceAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_, kind: string, coded: string) =>
      kind.toLowerCase() === "b"
        ? Buffer.from(coded, "base64").toString("utf8")
        : decodeQuoted(coded.replaceAll("_", " ")).toString("utf8"),
    );

const splitPart = (part: string): { headers: Record<string, string>; body: string } => {
  const at = part.indexOf("\r\n\r\n");
  const headers: Record<string, string> = {};
  for (const line of part
    .slice(0, at)
    .replaceAll(/\r\n[ \t]+/g, " ")
    .split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = decodeWords(line.slice(colon + 1).trim());
  }
  return { headers, body: part.slice(at + 4) };
};

type Part = ReturnType<typeof splitPart>;

/** What a message is made of, down to what is not multipart itself. */
const partsOf = (headers: Readonly<Record<string, string>>, body: string): Part[] => {
  const boundary = /boundary="?([^";]+)"?/.exec(headers["content-type"] ?? "")?.[1];
  if (boundary === undefined) return [];
  return body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => splitPart(part.replace(/^\r\n/, "")))
    .flatMap((part) => [part, ...partsOf(part.headers, part.body)]);
};

export const readMail = (raw: string, to: string): ReceivedMail => {
  const { headers, body } = splitPart(raw);
  const all = partsOf(headers, body);
  const isAttached = (part: Part): boolean => part.headers["content-disposition"]?.startsWith("attachment") ?? false;
  const parts = all.filter((part) => !isAttached(part));
  const textOf = (part: Part): string => decodeBody(part.headers["content-transfer-encoding"] ?? "7bit", part.body);
  const ofType = (type: string): string => {
    const part = parts.find((each) => each.headers["content-type"]?.startsWith(type));
    return part === undefined ? "" : textOf(part);
  };
  return {
    to,
    messageId: headers["message-id"] ?? "",
    subject: headers["subject"] ?? "",
    text: ofType("text/plain").replaceAll("\r\n", "\n"),
    html: ofType("text/html").replaceAll("\r\n", "\n"),
    attachments: all.filter(isAttached).map((part) => ({
      name: /filename="?([^";]+)"?/.exec(part.headers["content-disposition"] ?? "")?.[1] ?? "",
      body: textOf(part).replaceAll("\r\n", "\n"),
    })),
    headers,
    raw,
  };
};

export interface MailServer {
  readonly url: string;
  readonly received: ReceivedMail[];
  /** Connections so far. */
  readonly connections: () => number;
  close(): Promise<void>;
}

export interface MailServerOptions extends SMTPServerOptions {
  /** Called with a whole message before it is taken; throwing refuses it. */
  readonly onMessage?: (mail: ReceivedMail, session: SMTPServerSession) => void | Promise<void>;
  /** Called when it was taken and the server has just said so. */
  readonly onAccepted?: (mail: ReceivedMail) => void;
}

/** A real SMTP server on loopback. Takes everything, unless told otherwise. */
export const startMailServer = async (options: MailServerOptions = {}): Promise<MailServer> => {
  const { onMessage, onAccepted, ...rest } = options;
  const received: ReceivedMail[] = [];
  let connections = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    logger: false,
    ...rest,
    onConnect: (session, done) => {
      connections += 1;
      if (rest.onConnect === undefined) done();
      else rest.onConnect(session, done);
    },
    onData: (stream, session, done) => {
      void (async () => {
        let mails: readonly ReceivedMail[] = [];
        try {
          // A client that dies in the middle of its message breaks the stream.
          const raw = await text(stream);
          mails = session.envelope.rcptTo.map(({ address }) => readMail(raw, address));
          for (const mail of mails) await onMessage?.(mail, session);
        } catch (error) {
          done(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        received.push(...mails);
        done();
        for (const mail of mails) onAccepted?.(mail);
      })();
    },
  });
  // Clients that are cut off report here.
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address: AddressInfo | string | null = server.server.address();
  if (address === null || typeof address === "string") throw new Error("the mail server has no port");
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    received,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
};
