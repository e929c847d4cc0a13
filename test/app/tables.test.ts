import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { getTableName } from "drizzle-orm";
import { expect, it } from "vitest";
import { classifiedTables } from "../../src/app/tables.ts";
import { describeTable } from "../../src/features/data-flow/index.ts";

const files = async (): Promise<string[]> =>
  (await readdir(fileURLToPath(new URL("../../src", import.meta.url)), { recursive: true })).filter((file) =>
    file.endsWith(".table.ts"),
  );

it("P5: what is said about the data covers the tables of every file", async () => {
  const listed = await import("node:fs/promises").then(({ readFile }) =>
    readFile(fileURLToPath(new URL("../../src/app/tables.ts", import.meta.url)), "utf8"),
  );
  for (const file of await files()) expect(listed, file).toContain(`../${file}`);
  expect(classifiedTables().map(({ table }) => getTableName(table))).toContain("needs");
});

it("P5: a need's reference is pseudonymous, and a table says how long it is kept", () => {
  const needs = classifiedTables().find(({ table }) => getTableName(table) === "needs");
  if (needs === undefined) throw new Error("no table of needs");
  expect(describeTable(needs)).toMatchObject({ name: "needs", kept: "2 years from the row's last change" });
  expect(describeTable(needs).pseudonymous).toContain("ref");
});
