import { sql } from "drizzle-orm";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { rows, type Database } from "../platform/db/database.ts";
import type { Frame } from "../platform/web/index.ts";
import type { Actor, Role } from "../features/access/index.ts";
import { londonTime } from "../features/calendar/index.ts";
import { csrfTokenOf, type CookieSettings } from "../features/identity/index.ts";

interface Place {
  readonly href: string;
  readonly text: string;
  readonly for: readonly Role[];
}

const desk: readonly Role[] = ["nurse", "reception", "manager"];

/** The menu, in the order of use. What a role cannot open it does not see. */
const places: readonly Place[] = [
  { href: "/desk", text: "My desk", for: desk },
  { href: "/board", text: "Board", for: ["broker"] },
  { href: "/requests/new", text: "Ask for cover", for: [...desk, "broker"] },
  { href: "/requests", text: "Requests", for: desk },
  { href: "/board/requests", text: "Requests", for: ["broker"] },
  { href: "/clinics", text: "Clinics", for: desk },
  { href: "/bulletin", text: "Bulletin", for: [...desk, "broker"] },
  { href: "/settings", text: "Settings", for: [...desk, "broker", "admin"] },
  { href: "/admin/queue", text: "Queue", for: ["admin"] },
];

/** Where somebody lands: the first place that their role has. */
export const homeOf = (roles: readonly Role[]): string =>
  places.find((place) => place.for.some((role) => roles.includes(role)))?.href ?? "/settings";

const around = z.object({
  now: z.coerce.date(),
  organisation: z.string().nullable(),
  offset: z.coerce.number().nullable(),
  elsewhere: z.boolean(),
});

/** Which place a page belongs to: the longest one that its address begins with. */
const currentPlace = (path: string): string | undefined =>
  places
    .map(({ href }) => href)
    .filter((href) => path === href || path.startsWith(`${href}/`))
    .toSorted((left, right) => right.length - left.length)[0];

/** What stands around each page: one statement, read before the page's own. */
export const createFrame =
  (database: Database, cookies: CookieSettings, banner: string | undefined) =>
  async (actor: Actor | undefined, request: FastifyRequest): Promise<Frame> => {
    const [found] = await rows(
      database.q,
      around,
      sql`select app_now() as now,
                 (select name from organisations where code = ${actor?.organisationCode ?? null}) as organisation,
                 (select last_offset from event_heads where stream = ${actor?.organisationCode ?? null}) as "offset",
                 exists (select 1 from user_roles where user_id = ${actor?.userId ?? null}::uuid
                           and organisation_code <> ${actor?.organisationCode ?? null}) as elsewhere`,
    );
    const now = found === undefined ? "" : londonTime(found.now);
    const said = banner === undefined ? {} : { banner };
    if (actor === undefined) return { now, places: [], ...said };
    const csrf = csrfTokenOf(cookies, request);
    const current = currentPlace(request.url.split("?")[0] ?? "");
    return {
      now,
      ...said,
      ...(csrf === null ? {} : { csrf }),
      signedIn: {
        name: actor.name,
        organisation: found?.organisation ?? actor.organisationCode,
        canSwitch: found?.elsewhere ?? false,
      },
      places: places
        .filter((place) => place.for.some((role) => actor.roles.includes(role)))
        .map(({ href, text }) => ({ href, text, current: href === current })),
      stream: { offset: found?.offset ?? 0 },
    };
  };
