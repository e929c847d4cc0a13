import { afterAll, beforeAll, expect, it } from "vitest";
import { roles } from "../../src/features/access/index.ts";
import { ensureCatalogue } from "../../src/features/services/index.ts";
import { aPractice, aUser, openTestDatabase, type TestDatabase } from "../support/index.ts";
import { openSite, sitePages, type TestSite } from "./support/site.ts";

let db: TestDatabase;
let site: TestSite;

beforeAll(async () => {
  db = await openTestDatabase();
  await ensureCatalogue(db.q);
  site = await openSite(db);
});
afterAll(async () => {
  await site.close();
  await db.close();
});

/** What the schema library says by itself, and what stands where nobody thought of words. */
const NOT_FOR_PEOPLE =
  /Invalid (?:input|option|string)|expected \w+, received|Too (?:small|big)|or not as it should be/;

it("every form that is sent empty answers in plain words", { timeout: 60_000 }, async () => {
  const { code } = await aPractice(db);
  const visitor = await site.visitor(await aUser(db, { at: code, roles: [...roles] }));
  const forms = sitePages.filter(
    ({ method, path }) => method === "POST" && !path.includes(":") && path !== "/sign-out",
  );
  expect(forms.length).toBeGreaterThan(15);
  const unkind: string[] = [];
  // What a form holds by itself nobody leaves empty.
  for (const { path } of forms) {
    const { body, statusCode } = await visitor.send(path, { version: "1", organisation: code });
    if (statusCode === 500 || NOT_FOR_PEOPLE.test(body))
      unkind.push(
        `${path}: ${statusCode} ${NOT_FOR_PEOPLE.exec(body)?.[0] ?? ""} at ${/href="#([^"]+)"/.exec(body.slice(body.indexOf("There is a problem")))?.[1] ?? ""}`,
      );
  }
  expect(unkind).toEqual([]);
});
