/*
 * Reports of mail systems on what became of a message: a multipart/report (RFC 6522) with a message/delivery-status
 * (RFC 3464). Only what is needed of them is read, strictly: of every report one verdict about one message of ours.
 */

/** failed: its system has given up. delivered: it lies in the mailbox. pending: neither, or nobody can tell. */
export type Verdict =
  | { readonly kind: "failed"; readonly status: string }
  | { readonly kind: "delivered" }
  | { readonly kind: "pending"; readonly action: "delayed" | "relayed" | "expanded" };

export interface RecipientReport {
  /** Where it was sent to at first, and where the reporting system would have put it; lower case. */
  readonly addresses: readonly string[];
  readonly verdict: Verdict;
}

export type ReadReport =
  | { readonly kind: "report"; readonly envelopeId: string; readonly recipients: readonly RecipientReport[] }
  /** A message of somebody else's. */
  | { readonly kind: "foreign" }
  /** Not a report, or one that cannot be read: why, for people. */
  | { readonly kind: "broken"; readonly why: string };

type Fields = ReadonlyMap<string, string>;

/** What is longer says nothing that we ask for, and would only be slow to look through. */
const LONGEST_VALUE = 1_000;

/** Header fields by lower-case name, folded lines joined; the first of a name counts. Undefined: these are no fields. */
const readFields = (text: string): Fields | undefined => {
  const fields = new Map<string, string>();
  for (const line of text.replaceAll(/\n[ \t]+/g, " ").split("\n")) {
    if (line === "") continue;
    const [, name, value] = /^([!-9;-~]+)[ \t]*:(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    if (!fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), value.trim().slice(0, LONGEST_VALUE));
  }
  return fields;
};

interface Entity {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly body: string;
}

/** `multipart/report; report-type=delivery-status; boundary="x"` (RFC 2045 5.1). */
const readContentType = (value: string): Pick<Entity, "type" | "parameters"> => {
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, token] of value.matchAll(/;\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g))
    parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, "$1") ?? token ?? "");
  return { type: (/^[^\s;]+/.exec(value)?.[0] ?? "").toLowerCase(), parameters };
};

const decoded = (body: string, encoding: string | undefined): string => {
  const coding = encoding?.toLowerCase() ?? "";
  if (coding === "base64") return Buffer.from(body, "base64").toString("latin1").replaceAll("\r\n", "\n");
  if (coding !== "quoted-printable") return body;
  return body
    .replaceAll(/=[ \t]*\n/g, "")
    .replaceAll(/=([0-9A-F]{2})/gi, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll("\r\n", "\n");
};

const readEntity = (text: string): Entity | undefined => {
  const end = text.startsWith("\n") ? 0 : text.indexOf("\n\n");
  const fields = readFields(end === -1 ? text : text.slice(0, end));
  if (fields === undefined) return undefined;
  const body = end === -1 ? "" : text.slice(end).replace(/^\n{1,2}/, "");
  return {
    ...readContentType(fields.get("content-type") ?? "text/plain"),
    body: decoded(body, fields.get("content-transfer-encoding")),
  };
};

/** The parts of a multipart body (RFC 2046 5.1): between lines that are the boundary, up to the closing one if there is one. */
const partsOf = (body: string, boundary: string): Entity[] => {
  const parts: string[][] = [];
  for (const line of body.split("\n")) {
    const bare = line.trimEnd();
    if (bare === `--${boundary}--`) break;
    if (bare === `--${boundary}`) parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return parts.map((lines) => readEntity(lines.join("\n"))).filter((part) => part !== undefined);
};

const addressIn = (value: string | undefined): string[] => {
  // `rfc822; reception@practice.example`, at times in angle brackets.
  const address = /^[^;]+;\s*<?([^\s<>]+@[^\s<>]+?)>?\s*$/.exec(value ?? "")?.[1];
  return address === undefined ? [] : [address.toLowerCase()];
};

const readVerdict = (action: string, status: string | undefined): Verdict | undefined => {
  switch (action) {
    case "failed":
      return status === undefined || status.startsWith("2") ? undefined : { kind: "failed", status };
    case "delivered":
      return { kind: "delivered" };
    case "delayed":
    case "relayed":
    case "expanded":
      return { kind: "pending", action };
    default:
      return undefined;
  }
};

const readRecipient = (fields: Fields): RecipientReport | undefined => {
  const action = /^[a-z]+/i.exec(fields.get("action") ?? "")?.[0]?.toLowerCase() ?? "";
  const status = /^[245]\.\d{1,3}\.\d{1,3}(?!\d)/.exec(fields.get("status") ?? "")?.[0];
  const verdict = readVerdict(action, status);
  if (verdict === undefined) return undefined;
  const addresses = [...addressIn(fields.get("original-recipient")), ...addressIn(fields.get("final-recipient"))];
  return { addresses, verdict };
};

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;
const OURS = new RegExp(`^<?(${UUID.source})@[^\\s>]+>?$`, "i");
const WHOLLY_UUID = new RegExp(`^${UUID.source}$`, "i");

const RETURNED = ["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"];
const STATUS = ["message/delivery-status", "message/global-delivery-status"];

type Subject = { readonly envelopeId: string } | "foreign";

/** Which message it is about: by the Message-ID in what was returned, else by the name that we gave its envelope. */
const readSubject = (perMessage: Fields | undefined, returned: Entity | undefined): Subject | undefined => {
  const head = returned?.body.replace(/^\n+/, "").split("\n\n", 1)[0];
  // What is returned may be cut off or mended on its way: one field is looked for, whatever stands around it.
  const messageId = /^message-id[ \t]*:\s*(\S{1,200})/im.exec(head ?? "")?.[1];
  const own = OURS.exec(messageId ?? "")?.[1];
  if (own !== undefined) return { envelopeId: own.toLowerCase() };
  const envelope = perMessage?.get("original-envelope-id");
  if (envelope !== undefined && WHOLLY_UUID.test(envelope)) return { envelopeId: envelope.toLowerCase() };
  return messageId === undefined && envelope === undefined ? undefined : "foreign";
};

const broken = (why: string): ReadReport => ({ kind: "broken", why });

/** Reads one message, as bytes taken for Latin-1 or as text. Never throws. */
export const readReport = (message: string): ReadReport => {
  // A mailbox file begins with a line of its own; mail servers hand over either kind of line end.
  const text = message.replaceAll("\r\n", "\n").replace(/^From [^\n]*\n/, "");
  const whole = readEntity(text);
  if (whole === undefined) return broken("This is not a mail message: it does not begin with header fields.");
  const boundary = whole.parameters.get("boundary");
  const kind = whole.parameters.get("report-type")?.toLowerCase();
  if (whole.type !== "multipart/report" || boundary === undefined || kind?.endsWith("delivery-status") !== true) {
    return broken("This is not a delivery report (multipart/report with report-type=delivery-status, RFC 3464).");
  }
  const parts = partsOf(whole.body, boundary);
  const status = parts.find(({ type }) => STATUS.includes(type));
  if (status === undefined) return broken("The report has no message/delivery-status part.");
  const blocks = status.body
    .split(/\n(?:[ \t]*\n)+/)
    .map((block) => block.trim())
    .filter((block) => block !== "")
    .map(readFields);
  const [perMessage, ...perRecipient] = blocks;
  if (perRecipient.length === 0) return broken("The report names no recipient.");
  const recipients: RecipientReport[] = [];
  for (const fields of perRecipient) {
    const read = fields === undefined ? undefined : readRecipient(fields);
    if (read === undefined) return broken("The report does not say what became of the message (Action and Status).");
    recipients.push(read);
  }
  const subject = readSubject(
    perMessage,
    parts.find(({ type }) => RETURNED.includes(type)),
  );
  if (subject === undefined) return broken("The report does not say which message it is about: no Message-ID in it.");
  return subject === "foreign" ? { kind: "foreign" } : { kind: "report", ...subject, recipients };
};

/**
 * What the report says about our message, which went to one address. A report that names others (behind a forward) is
 * about what became of ours there: who was not reached counts most, then who waits.
 */
export const verdictFor = (recipients: readonly RecipientReport[], address: string): Verdict | undefined => {
  const named = recipients.filter(({ addresses }) => addresses.includes(address.toLowerCase()));
  const verdicts = (named.length > 0 ? named : recipients).map(({ verdict }) => verdict);
  return (["failed", "pending", "delivered"] as const)
    .map((kind) => verdicts.find((verdict) => verdict.kind === kind))
    .find((verdict) => verdict !== undefined);
};
