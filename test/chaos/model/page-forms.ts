import type { Random } from "../random.ts";
import type { Command, CommandName } from "./commands.ts";
import { ask } from "./commands.ts";

/*
 * Pages as a browser sees them: the forms that stand on one, filled in the way somebody might. What a form can send is
 * read from its controls, so that a new form is used as soon as it is shown.
 */

type Attributes = ReadonlyMap<string, string>;

/** A form of a page: where it goes, the tokens of this rendering, and its controls in order. */
export interface PageForm {
  readonly action: string;
  readonly csrf: string;
  readonly key: string;
  readonly controls: readonly Attributes[];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", quot: '"', "#39": "'", lt: "<", gt: ">" };
const plain = (text: string): string =>
  text.replace(/&(amp|quot|#39|lt|gt);/g, (whole, name: string) => ENTITIES[name] ?? whole);

const attributesOf = (tag: string, kind: string): Attributes =>
  new Map([
    ["kind", kind],
    ...[...tag.matchAll(/([a-z-]+)(?:="([^"]*)")?/gi)].map(([, name = "", value = ""]): [string, string] => [
      name,
      plain(value),
    ]),
  ]);

/** Options stand for their select: each is a control of its name, of which one is sent. */
const controlsOf = (inner: string): Attributes[] => {
  let select = "";
  return [...inner.matchAll(/<(input|select|option|button|textarea)\b([^>]*)>/gi)].flatMap(
    ([, kind = "", tag = ""]) => {
      const control = attributesOf(tag, kind);
      if (kind === "select") select = control.get("name") ?? "";
      if (kind === "select") return [];
      return [kind === "option" ? new Map([...control, ["name", select]]) : control];
    },
  );
};

export const formsOf = (html: string): PageForm[] =>
  [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].flatMap(([, tag = "", inner = ""]) => {
    const controls = controlsOf(inner);
    const hidden = (name: string): string | undefined =>
      controls.find((control) => control.get("name") === name)?.get("value");
    const [csrf, key] = [hidden("_csrf"), hidden("_key")];
    const action = attributesOf(tag, "form").get("action");
    return csrf === undefined || key === undefined || action === undefined ? [] : [{ action, csrf, key, controls }];
  });

export type Fields = Readonly<Record<string, string | readonly string[]>>;

/** As a urlencoded body is read: a name that comes again is a list. */
const gather = (pairs: readonly (readonly [string, string])[]): Fields => {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of pairs) {
    const known = fields[name];
    fields[name] = known === undefined ? value : [...(typeof known === "string" ? [known] : known), value];
  }
  return fields;
};

const TOKENS = new Set(["_csrf", "_key"]);
const SHARE_TICKED = 0.6;

/** Hidden and typed values as they stand, some boxes ticked, one of each choice, and one of the buttons. */
export const fillIn = (form: PageForm, random: Random): { readonly path: string; readonly fields: Fields } => {
  const named = form.controls.filter((control) => !TOKENS.has(control.get("name") ?? ""));
  const isChoice = (control: Attributes): boolean =>
    control.get("type") === "radio" || control.get("kind") === "option";
  const chosen = new Map<string, Attributes | undefined>();
  for (const name of new Set(named.filter(isChoice).map((control) => control.get("name") ?? "")))
    chosen.set(name, random.pick(named.filter((control) => isChoice(control) && control.get("name") === name)));
  const button = random.pick(named.filter((control) => control.get("kind") === "button"));
  const isSent = (control: Attributes): boolean => {
    if (isChoice(control)) return chosen.get(control.get("name") ?? "") === control;
    if (control.get("type") === "checkbox") return random.chance(SHARE_TICKED);
    return control.get("kind") !== "button" || control === button;
  };
  const pairs = named
    .filter((control) => (control.get("name") ?? "") !== "" && isSent(control))
    .map((control): [string, string] => [control.get("name") ?? "", control.get("value") ?? ""]);
  return { path: button?.get("formaction") ?? form.action, fields: gather(pairs) };
};

const NAMED: readonly (readonly [RegExp, CommandName | undefined])[] = [
  [/^\/offers\/([^/]+)\/(?:accept|decline|propose|extend)$/, undefined],
  [/^\/agreements\/([^/]+)\/(?:cancel|swap|patient-no)$/, undefined],
  [/^\/requests\/([^/]+)\/(?:withdraw|sorted|acknowledge)$/, undefined],
  [/^\/board\/requests\/([^/]+)\/(?:widen|nudge|assign|pause|resume)$/, undefined],
  [/^\/tasks\/([^/]+)\/acknowledge$/, "task"],
  [/^\/agreements\/steps()$/, "step"],
  [/^\/agreements\/steps\/undo()$/, "undo"],
  [/^\/agreements\/extend()$/, "release"],
  [/^\/requests\/new()$/, "post"],
  [/^\/clinics\/confirm()$/, "confirm"],
];

const COMMANDS: readonly CommandName[] = [
  ...(["accept", "decline", "propose", "extend", "cancel", "swap", "patient-no", "withdraw", "sorted"] as const),
  ...(["acknowledge", "widen", "nudge", "assign", "pause", "resume"] as const),
];

/** The command that a form sends; undefined for forms that are no part of the model, such as signing out. */
export const asCommand = (path: string, fields: Fields, csrf: string): Command | undefined => {
  for (const [pattern, name] of NAMED) {
    const about = pattern.exec(path)?.[1];
    const command = name ?? COMMANDS.find((each) => path.endsWith(`/${each}`));
    if (about !== undefined && command !== undefined) return ask.form(command, path, about, fields, csrf);
  }
  return undefined;
};

/** The body as a browser sends it. */
export const urlencoded = (fields: Fields, tokens: { readonly csrf: string; readonly key: string }): string => {
  const body = new URLSearchParams({ _csrf: tokens.csrf, _key: tokens.key });
  for (const [name, value] of Object.entries(fields))
    for (const each of typeof value === "string" ? [value] : value) body.append(name, each);
  return body.toString();
};
