import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../support/modules.ts";

interface Planted {
  readonly file: string;
  readonly source: string;
  /** Part of what the linter must say. */
  readonly said: string;
}

const imports = (from: string): string => `import { thing } from "${from}";\nexport const used = thing;\n`;

/** One violation each of the import directions (architecture.md) and of the style that keeps reviews short. */
const violations: readonly Planted[] = [
  { file: "src/platform/x/up.ts", source: imports("../../features/a/index.ts"), said: "import is restricted" },
  { file: "src/platform/x/app.ts", source: imports("../../app/routes.ts"), said: "import is restricted" },
  { file: "src/config/up.ts", source: imports("../features/a/index.ts"), said: "import is restricted" },
  { file: "src/client/up.ts", source: imports("../features/a/index.ts"), said: "import is restricted" },
  { file: "src/features/a/up.ts", source: imports("../../app/routes.ts"), said: "import is restricted" },
  { file: "src/features/a/config.ts", source: imports("../../config/config.ts"), said: "import is restricted" },
  { file: "src/features/a/inside.ts", source: imports("../b/b.service.ts"), said: "import is restricted" },
  { file: "src/features/a/deep/in.ts", source: imports("../../b/b.service.ts"), said: "import is restricted" },
  { file: "src/features/a/a.table.ts", source: imports("../b/b.service.ts"), said: "import is restricted" },
  { file: "src/features/a/a.service.ts", source: imports("fastify"), said: "fastify" },
  { file: "src/features/a/b.service.ts", source: imports("bullmq"), said: "bullmq" },
  { file: "src/features/a/c.service.ts", source: imports("./a.routes.ts"), said: "import is restricted" },
  { file: "src/features/a/a.rules.ts", source: imports("drizzle-orm"), said: "drizzle-orm" },
  { file: "src/features/a/b.rules.ts", source: imports("./a.repository.ts"), said: "import is restricted" },
  { file: "src/features/a/a.schema.ts", source: imports("pg"), said: "pg" },
  {
    file: "src/features/a/test.ts",
    source: imports("../../../test/support/index.ts"),
    said: "import is restricted",
  },
  { file: "src/app/default.ts", source: "export default 1;\n", said: "no-default-export" },
  { file: "src/app/console.ts", source: 'console.log("x");\n', said: "no-console" },
  { file: "src/app/Camel.ts", source: "export const x = 1;\n", said: "filename-case" },
  { file: "src/app/any.ts", source: "export const x = (y: any): number => Number(y);\n", said: "no-explicit-any" },
  { file: "src/app/long.ts", source: "export const x = 1;\n".padEnd(400, "\n"), said: "max-lines" },
  {
    file: "src/app/left.ts",
    source: 'import { right } from "./right.ts";\nexport const left = right;\n',
    said: "no-cycle",
  },
  {
    file: "src/app/right.ts",
    source: 'import { left } from "./left.ts";\nexport const right = left;\n',
    said: "no-cycle",
  },
];

const allowed: readonly Omit<Planted, "said">[] = [
  { file: "src/features/a/index.ts", source: "export const thing = 1;\n" },
  { file: "src/features/b/index.ts", source: "export const thing = 1;\n" },
  { file: "src/features/b/b.table.ts", source: "export const thing = 1;\n" },
  { file: "src/features/b/b.service.ts", source: "export const thing = 1;\n" },
  { file: "src/features/c/c.service.ts", source: imports("../b/index.ts") },
  { file: "src/features/c/c.table.ts", source: imports("../b/b.table.ts") },
  { file: "src/features/c/d.service.ts", source: imports("../../platform/x/fine.ts") },
  { file: "src/features/c/deep/in.ts", source: imports("../../b/index.ts") },
  { file: "src/features/c/deep/down.ts", source: imports("../../../platform/x/fine.ts") },
  { file: "src/features/c/deep/near.ts", source: imports("../c.service.ts") },
  { file: "src/platform/x/fine.ts", source: "export const thing = 1;\n" },
  { file: "src/app/routes.ts", source: imports("../features/b/index.ts") },
];

describe("the lint configuration", () => {
  let folder: string;
  let report: ReadonlyMap<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "covershare-lint-"));
    await cp(path.join(packageRoot, ".oxlintrc.json"), path.join(folder, ".oxlintrc.json"));
    for (const { file, source } of [...violations, ...allowed]) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), source);
    }
    const linter = path.join(packageRoot, "node_modules/.bin/oxlint");
    const output = await new Promise<string>((resolve) => {
      execFile(linter, ["--format", "unix"], { cwd: folder, maxBuffer: 16 * 1024 * 1024 }, (_error, stdout) =>
        resolve(stdout),
      );
    });
    const byFile = new Map<string, string>();
    for (const line of output.split("\n")) {
      const file = /^(?:\.\/)?(src\/[^:]+):/.exec(line.replace(`${folder}/`, ""))?.[1];
      if (file !== undefined) byFile.set(file, `${byFile.get(file) ?? ""}${line}\n`);
    }
    report = byFile;
  }, 60_000);
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  it.each(violations)("catches a violation planted in $file", ({ file, said }) => {
    expect(report.get(file) ?? "").toContain(said);
  });

  it.each(allowed)("says nothing about $file", ({ file }) => {
    expect(report.get(file) ?? "").toBe("");
  });
});
