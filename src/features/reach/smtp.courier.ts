import { createTransport } from "nodemailer";
import { renderMail } from "./letter.rules.ts";
import type { Letter } from "./letter.schema.ts";
import type { Courier, Outcome } from "./courier.ts";

export interface SmtpSettings {
  /** `smtp://user:password@host:587` or `smtps://…`. */
  readonly url: string;
  /** `Covershare <cover@example.org>` or a bare address. */
  readonly from: string;
  readonly publicUrl: string;
  readonly connections: number;
}

const hostOf = (from: string): string => /@([^\s>]+)>?$/.exec(from)?.[1] ?? "localhost";

/** A repeat of a message has the same id, so that mail systems can tell it from a second one (RFC 5322 3.6.4). */
export const messageIdOf = (envelopeId: string, from: string): string => `<${envelopeId}@${hostOf(from)}>`;

/** The answer of a mail server, from nodemailer's error; the text may repeat addresses and is left out. */
const outcomeOf = (error: unknown): Outcome => {
  if (!(error instanceof Error)) return { kind: "later", code: "unknown" };
  const code = "responseCode" in error && typeof error.responseCode === "number" ? error.responseCode : undefined;
  const command = "command" in error && typeof error.command === "string" ? error.command : "";
  // Only what is said about this recipient or message is its fault: a server that will not greet or know us refuses everything.
  const isAboutMessage = /^(?:RCPT TO|DATA|MAIL FROM)/.test(command);
  if (code !== undefined && code >= 500 && isAboutMessage && command !== "MAIL FROM") {
    return { kind: "refused", code: String(code) };
  }
  const name = "code" in error && typeof error.code === "string" ? error.code : "unknown";
  return { kind: "later", code: code === undefined ? name : String(code) };
};

const attached = ({ name, html }: NonNullable<Letter["page"]>) => ({
  filename: name,
  content: html,
  contentType: "text/html; charset=utf-8",
});

/** In all, however slowly the server answers: less than the lease. */
const LONGEST_MS = 60_000;

const within = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error("too slow"), { code: "ETIMEDOUT" })), LONGEST_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Sends by SMTP over a few kept connections. */
export const createSmtpCourier = (settings: SmtpSettings): Courier => {
  const transport = createTransport({
    url: settings.url,
    pool: true,
    maxConnections: settings.connections,
    maxMessages: 100,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    dnsTimeout: 10_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    deliver: async ({ id, address, content, createdAt }) => {
      const mail = renderMail(content, settings.publicUrl);
      try {
        const sending = transport.sendMail({
          from: settings.from,
          to: { name: "", address },
          ...mail,
          attachments: content.page === undefined ? [] : [attached(content.page)],
          messageId: messageIdOf(id, settings.from),
          date: createdAt,
          // RFC 3461, where the server offers it: what becomes of it is reported to `from`, for `covershare mail bounce`.
          dsn: { envid: id, ret: "HDRS", notify: ["FAILURE", "DELAY", "SUCCESS"], orcpt: `rfc822;${address}` },
          // RFC 3834: nobody's absence notice shall answer.
          headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
        });
        await within(sending);
        return { kind: "accepted" };
      } catch (error) {
        return outcomeOf(error);
      }
    },
    close: () => transport.close(),
  };
};
