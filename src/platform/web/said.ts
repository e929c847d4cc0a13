import { fastifyCookie } from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

/** What a page says once after a form was sent: the redirect carries it to the next page in a cookie that lives a minute. */
export interface Said {
  /** `done` is a success; `note` says what happened otherwise, for example a stand-down. */
  readonly kind: "done" | "note";
  readonly title: string;
  readonly text?: string;
}

const COOKIE = "covershare-said";

const said = z.object({
  kind: z.enum(["done", "note"]),
  title: z.string().max(200),
  text: z.string().max(500).optional(),
});

const encode = (value: Said): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const decode = (text: string): Said | undefined => {
  try {
    const { kind, title, text: more } = said.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return { kind, title, ...(more === undefined ? {} : { text: more }) };
  } catch {
    // Not something we wrote: there is nothing to say.
    return undefined;
  }
};

const options = { path: "/", httpOnly: true, sameSite: "lax" } as const;

export const sayNext = (reply: FastifyReply, value: Said): void => {
  void reply.header("set-cookie", fastifyCookie.serialize(COOKIE, encode(value), { ...options, maxAge: 60 }));
};

/** Takes what is to be said, so that it is said once. */
export const takeSaid = (request: FastifyRequest, reply: FastifyReply): Said | undefined => {
  const cookie = fastifyCookie.parse(request.headers.cookie ?? "")[COOKIE];
  if (cookie === undefined) return undefined;
  void reply.header("set-cookie", fastifyCookie.serialize(COOKIE, "", { ...options, maxAge: 0 }));
  return decode(cookie);
};
