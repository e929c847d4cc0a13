import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import nunjucks from "nunjucks";
import { nhsukFolder, type Assets } from "./assets.ts";
import type { FieldError } from "./fields.ts";

/** Templates are read from src also when the compiled program runs: they are data, and nothing has to copy them. */
const source = fileURLToPath(new URL("../../../src/", import.meta.url));

/** What templates are named from: `web/…` the platform's, `<feature>/…` each feature's, `nhsuk/…` the library's own. */
const viewFolders = (): ReadonlyMap<string, string> => {
  const features = readdirSync(join(source, "features"))
    .map((feature): [string, string] => [feature, join(source, "features", feature, "views")])
    .filter(([, folder]) => existsSync(folder));
  return new Map([["web", join(source, "platform/web/views")], ["nhsuk", nhsukFolder], ...features]);
};

export type Render = (template: string, data: Readonly<Record<string, unknown>>) => string;

/**
 * One template environment for the life of the process: each template is compiled once, at its first use. Everything
 * shown is escaped unless a template of ours says otherwise.
 */
export const createRender = (assets: Assets): Render => {
  const folders = viewFolders();
  const loader: nunjucks.ILoader = {
    getSource: (name) => {
      const [first = "", ...rest] = name.split("/");
      const path = join(folders.get(first) ?? "", ...rest);
      if (!folders.has(first)) throw new Error(`There is no folder of templates for ${name}`);
      return { src: readFileSync(path, "utf8"), path, noCache: false };
    },
  };
  const environment = new nunjucks.Environment(loader, { autoescape: true, trimBlocks: true, lstripBlocks: true });
  environment.addGlobal("asset", (name: string) => assets.url(name) ?? "");
  environment.addGlobal("liveScript", assets.script);
  environment.addFilter("counted", counted);
  environment.addFilter("errorFor", errorFor);
  environment.addFilter("hasErrorIn", hasErrorIn);
  return (template, data) => environment.render(template, data);
};

/** The message of one field, or "" where nothing is wrong with it. */
const errorFor = (errors: readonly FieldError[], field: string): string =>
  errors.find((error) => error.field === field)?.message ?? "";

/** Whether something is wrong with one of these fields, or with a row of it (`breakFrom-2`): what is folded away must then open. */
const hasErrorIn = (errors: readonly FieldError[], fields: readonly string[]): boolean =>
  errors.some(({ field }) => fields.includes(field.replace(/-\d+$/, "")));

/** `3 | counted("clinic")` → "3 clinics"; the plural may be given where it is not made by an s. */
const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
