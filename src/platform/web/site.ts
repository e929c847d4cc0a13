import formbody from "@fastify/formbody";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Database } from "../db/database.ts";
import { withoutSql } from "../db/sql-errors.ts";
import { DomainError } from "../errors/domain-error.ts";
import { newId } from "../ids/ids.ts";
import { toProblem, type Problem } from "../http/problem.ts";
import { sayWhenToReturn, sendProblem, type Gatekeeper } from "../http/server.ts";
import type { Logger } from "../log/log.ts";
import { addAssets, loadAssets } from "./assets.ts";
import { sendHtml } from "./html.ts";
import type { Page, Redirect, View } from "./page.ts";
import { sayNext, takeSaid } from "./said.ts";
import { createRender, type Render } from "./templates.ts";

/** What stands around every page. Read before the page itself, so that `stream.offset` is never ahead of what is shown. */
export interface Frame {
  /** `10:42`, as shown in "Showing 10:42". */
  readonly now: string;
  readonly csrf?: string;
  readonly signedIn?: {
    readonly name: string;
    readonly organisation: string;
    readonly canSwitch: boolean;
  };
  readonly places: readonly {
    readonly href: string;
    readonly text: string;
    readonly count?: number;
    readonly current: boolean;
  }[];
  /** The last event of the organisation's log that this page surely shows; the script resumes after it. */
  readonly stream?: { readonly offset: number };
  /** One plain line on every page, for example that all of this is invented. */
  readonly banner?: string;
}

export interface SiteOptions<A> {
  readonly pages: readonly Page<A>[];
  readonly database: Database;
  readonly gatekeeper: Gatekeeper<A>;
  readonly log: Logger;
  frame(actor: A | undefined, request: FastifyRequest, reply: FastifyReply): Promise<Frame>;
  /** Where somebody signs in whose session has ended; `next` is the page to come back to. */
  readonly signInPath: string;
  /** Behind https, where every cookie says so. */
  readonly isSecure?: boolean;
}

/** Only an address of our own may be gone back to: one slash, then anything but another slash or a backslash. */
export const localPath = (text: string | undefined): string | undefined =>
  text !== undefined && /^\/(?![/\\])[\x21-\x7e]{0,500}$/.test(text) && !text.includes("\\") ? text : undefined;

const WORDS: Readonly<Record<number, { title: string; text: string }>> = {
  403: {
    title: "You cannot open this page",
    text: "Your role here does not include it. Your manager can change roles.",
  },
  404: { title: "Page not found", text: "Check the address, or go to My desk. It may belong to another practice." },
  409: { title: "Things have moved on", text: "Somebody was quicker. Nothing was half done." },
  413: { title: "That is too large", text: "Send a smaller file, or split it in two." },
  429: { title: "Please wait a moment", text: "There were too many tries. Wait a little and try again." },
  500: {
    title: "Something went wrong here",
    text: "Nothing was half done. Try again; if it happens again, tell us the number below.",
  },
  503: { title: "Not available just now", text: "Nothing was changed. Try again in a minute." },
};

const TOO_OLD = {
  title: "This page was open too long",
  text: "Go back, reload the page and send it again. What you typed is usually still there.",
};

const wordsFor = (answer: Problem): { title: string; text: string } => {
  if (answer.code.startsWith("csrf") || answer.code.startsWith("foreign-")) return TOO_OLD;
  const words = WORDS[answer.status] ?? (answer.status >= 500 ? WORDS[500] : undefined);
  if (words === undefined) return { title: answer.title, text: answer.detail };
  // Which role is missing helps nobody at the desk; any other refusal says what to do in its own words.
  if (answer.status === 403 && answer.code !== "role-needed") return { ...words, text: answer.detail };
  return answer.status === 409 || answer.status === 429 ? { ...words, text: answer.detail } : words;
};

const isFragment = (request: FastifyRequest): boolean => request.headers["x-fragment"] === "1";

/** Adds the pages, their assets and their own error pages to the server, in a scope where forms may be urlencoded. */
export const addPages = async <A>(server: FastifyInstance, options: SiteOptions<A>): Promise<void> => {
  const assets = loadAssets();
  const render = createRender(assets);
  if (assets.script === undefined)
    options.log.warn({}, "the browser's script is not built: pages work, but are not live");
  addAssets(server, assets);
  await server.register(async (scope) => {
    await scope.register(formbody, { bodyLimit: 64 * 1024 });
    scope.setErrorHandler(async (error, request, reply) => showError(options, render, error, request, reply));
    for (const page of options.pages) {
      scope.route({
        method: page.method,
        url: page.path,
        ...(page.bodyLimit === undefined ? {} : { bodyLimit: page.bodyLimit }),
        handler: async (request, reply) => {
          if (page.method === "POST") refuseForeign(request);
          const known = page.access.kind === "public" ? undefined : await options.gatekeeper.identify(request);
          const actor = options.gatekeeper.admit(known, page.access);
          const frame = await options.frame(known, request, reply);
          const { params, query } = request;
          const visit = { actor, params, query, request, reply };
          const shown = await page.answer(visit, options.database, options.gatekeeper.scope(actor));
          return shown.kind === "redirect"
            ? leave(reply, shown, options.isSecure)
            : showView(render, shown, frame, request, reply);
        },
      });
    }
    // Whatever else is asked for by a browser is answered as a page; by anything else, as the API answers.
    await scope.register(async (rest) => {
      rest.setErrorHandler(async (error, request, reply) =>
        (request.headers.accept ?? "").includes("text/html")
          ? showError(options, render, error, request, reply)
          : sendProblem(options.log, error, request, reply),
      );
      rest.get("/*", async () => {
        throw nowhere;
      });
    });
  });
};

const nowhere = new DomainError("not-found", "not-found", "There is nothing at this address.");

/** A form sent from another site is refused, also where there is no session yet to hold a token (signing in). */
const refuseForeign = (request: FastifyRequest): void => {
  const from = request.headers["sec-fetch-site"];
  if (from === undefined || from === "same-origin" || from === "none") return;
  throw new DomainError("forbidden", "foreign-form", "This form was sent from another site.");
};

const leave = (reply: FastifyReply, { location, said }: Redirect, isSecure = false): FastifyReply => {
  if (said !== undefined) sayNext(reply, said, isSecure);
  return reply.header("cache-control", "no-store").redirect(location, 303);
};

const showView = async (
  render: Render,
  shown: View,
  frame: Frame,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const fragment = isFragment(request);
  const html = render(shown.template, {
    ...shown.data,
    frame,
    title: shown.title,
    path: request.url.split("?")[0],
    form: shown.form ?? { values: {}, errors: [] },
    said: fragment ? undefined : takeSaid(request, reply),
    // One key for each form of the page: the templates add what tells the forms apart.
    key: newId(),
    layout: fragment ? "web/fragment.njk" : "web/layout.njk",
  });
  return sendHtml(request, reply, shown.status ?? 200, html);
};

const showError = async <A>(
  options: SiteOptions<A>,
  render: Render,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const answer = toProblem(error);
  if (answer.status >= 500) {
    const cause = withoutSql(error);
    options.log.error({ requestId: request.id, error: cause.message, stack: cause.stack }, "page failed");
  }
  if (answer.status === 401 && !isFragment(request)) {
    const from = request.method === "GET" ? request.url : localPath(pathOf(request.headers.referer));
    const next = from === undefined || from === "/" ? "" : `?next=${encodeURIComponent(from)}`;
    return reply.header("cache-control", "no-store").redirect(`${options.signInPath}${next}`, 303);
  }
  sayWhenToReturn(reply, answer);
  const frame = await frameAnyway(options, request, reply);
  const shown: View = {
    kind: "view",
    template: "web/error.njk",
    title: wordsFor(answer).title,
    status: answer.status,
    data: { text: wordsFor(answer).text, requestId: answer.status >= 500 ? request.id : undefined },
  };
  return showView(render, shown, frame, request, reply);
};

const pathOf = (referer: string | undefined): string | undefined => {
  if (referer === undefined || !URL.canParse(referer)) return undefined;
  const { pathname, search } = new URL(referer);
  return `${pathname}${search}`;
};

/** An error page shows who is signed in where that can still be found out, and never fails over it. */
const frameAnyway = async <A>(
  options: SiteOptions<A>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Frame> => {
  try {
    return await options.frame(await options.gatekeeper.identify(request), request, reply);
  } catch {
    return { now: "", places: [] };
  }
};
