import type { Command } from "./commands.ts";
import { urlencoded, type Fields } from "./page-forms.ts";
import { z } from "zod";
import { decodeSaid, SAID_COOKIE } from "../../../src/platform/web/said.ts";

/** A browser with a session: opens pages and sends the forms that stood on them, one try each. */
export interface Browser {
  /** The page's HTML; undefined where it did not come, or led to signing in. */
  open(path: string): Promise<string | undefined>;
  /** One try. Rejects where no answer came. `body` is where it led to. */
  submit(command: Command, key: string): Promise<{ readonly status: number; readonly body: unknown }>;
}

const TIMEOUT_MS = 8_000;
const fields = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

const refusalOf = (response: Response): string | undefined => {
  for (const cookie of response.headers.getSetCookie()) {
    const value = cookie.startsWith(`${SAID_COOKIE}=`) ? cookie.slice(SAID_COOKIE.length + 1).split(";")[0] : undefined;
    const said = decodeSaid(value ?? "");
    if (said?.kind === "refused") return said.title;
  }
  return undefined;
};

export const openBrowser = (base: string, session: string): Browser => {
  const request = async (path: string, init: RequestInit): Promise<Response> =>
    fetch(`${base}${path}`, { ...init, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
  const cookie = { cookie: `covershare=${session}` };
  return {
    open: async (path) => {
      try {
        const response = await request(path, { headers: { ...cookie, accept: "text/html" } });
        const html = await response.text();
        return response.status === 200 ? html : undefined;
      } catch {
        return undefined;
      }
    },
    submit: async ({ path, body, csrf = "" }, key) => {
      const sent: Fields = fields.parse(body);
      const response = await request(path, {
        method: "POST",
        headers: {
          ...cookie,
          origin: base,
          accept: "text/html",
          "content-type": "application/x-www-form-urlencoded",
        },
        body: urlencoded(sent, { csrf, key }),
      });
      // Read to its end: an answer whose page was cut off is none.
      await response.text();
      const location = response.headers.get("location");
      // Sent to sign in: refused, as the API says it with 401.
      if (location?.startsWith("/sign-in") === true) return { status: 401, body: null };
      // Led back to the page it stood on, which says why nothing was done: the API says it with 422.
      const refusal = refusalOf(response);
      return refusal === undefined ? { status: response.status, body: location } : { status: 422, body: refusal };
    },
  };
};
