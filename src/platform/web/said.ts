import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

/** What a page says once after a form was sent: the redirect carries it to the next page in a cookie that lives a minute. */
export interface Said {
  /** `done` is a success; `note` says what happened otherwise, for example a stand-down; `refused`: nothing was done. */
  readonly kind: "done" | "note" | "refused";
  readonly title: string;
  readonly text?: string;
}

export const SAID_COOKIE = "covershare-said";

const said = z.object({
  kind: z.enum(["done", "note", "refused"]),
  title: z.string().max(200),
  text: z.string().max(500).optional(),
});

const encode = (value: Said): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What a cookie's value says; undefined where it is none of ours. */
export const decodeSaid = (text: string): Said | undefined => {
  try {
    const { kind, title, text: more } = said.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return { kind, title, ...(more === undefined ? {} : { text: more }) };
  } catch {
    // Not something we wrote: there is nothing to say.
    return undefined;
  }
};

/** The value is base64url, so that nothing needs escaping. */
const cookie = (value: string, maxAgeSeconds: number, isSecure: boolean): string =>
  `${SAID_COOKIE}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;

export const sayNext = (reply: FastifyReply, value: Said, isSecure: boolean): void => {
  void reply.header("set-cookie", cookie(encode(value), 60, isSecure));
};

/** Takes what is to be said, so that it is said once. */
export const takeSaid = (request: FastifyRequest, reply: FastifyReply): Said | undefined => {
  const value = /(?:^|;\s*)covershare-said=([\w-]{1,2000})/.exec(request.headers.cookie ?? "")?.[1];
  if (value === undefined) return undefined;
  void reply.header("set-cookie", cookie("", 0, request.protocol === "https"));
  return decodeSaid(value);
};
