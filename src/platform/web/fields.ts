import { z } from "zod";
import { DomainError, type FieldProblem } from "../errors/domain-error.ts";

const urlencoded = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** What a form sent: names and texts. Knows nothing of types; `read` of each form turns it into the API's input. */
export class Fields {
  readonly #values: Readonly<Record<string, string | readonly string[]>>;

  constructor(values: Readonly<Record<string, string | readonly string[]>>) {
    this.#values = values;
  }

  /** Anything that is not a urlencoded form has no fields, and each one is then reported missing. */
  static from(body: unknown): Fields {
    return new Fields(urlencoded.safeParse(body).data ?? {});
  }

  /** Trimmed; undefined where missing or left empty. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    const text = (typeof value === "string" ? value : value?.[0])?.trim();
    return text === "" ? undefined : text;
  }

  /** All values of checkboxes with one name. */
  list(name: string): string[] {
    const value = this.#values[name];
    if (value === undefined) return [];
    return (typeof value === "string" ? [value] : [...value]).filter((text) => text !== "");
  }

  /** A whole number as typed; what is not one stays as it was typed, so that the schema refuses it. */
  number(name: string): number | string | undefined {
    const text = this.text(name);
    return text !== undefined && /^-?\d{1,9}$/.test(text) ? Number(text) : text;
  }

  has(name: string): boolean {
    return this.list(name).length > 0;
  }

  /** For showing the form again and for comparing repeats; the tokens that each rendering renews are left out. */
  all(): Readonly<Record<string, string | readonly string[]>> {
    return Object.fromEntries(Object.entries(this.#values).filter(([name]) => name !== "_csrf" && name !== "_key"));
  }
}

/** One message of one field, for the error summary and beside the field. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** What a form shows: the values to show, and what was wrong with them. */
export interface FormState {
  readonly values: Readonly<Record<string, string | readonly string[]>>;
  readonly errors: readonly FieldError[];
  /** What happened meanwhile, kindly: a lost race and what is still possible. */
  readonly notice?: string;
  /** The code of the refusal and what it carries, for templates that can offer more than its words. */
  readonly refusal?: { readonly code: string; readonly details: Readonly<Record<string, unknown>> };
}

/** A form that is shown for the first time. */
export const blank = (values: FormState["values"] = {}): FormState => ({ values, errors: [] });

/** How the pointers of the API's input meet the names of the form's fields, and what each field says when it is wrong. */
export interface FieldNames {
  /** Default: the last step of the pointer that is a name. */
  readonly fieldOf?: (pointer: string, fields: Fields) => string;
  /** Plain words for a field; without them the schema's own message is shown. */
  readonly messages?: Readonly<Record<string, string>>;
  /** Plain words for a field in which nothing was entered; `messages` says what is wrong with something. */
  readonly missing?: Readonly<Record<string, string>>;
  /** The same, where it depends on what the schema said. */
  readonly say?: (field: string, message: string) => string;
}

const lastName = (pointer: string): string =>
  pointer.split("/").findLast((step) => step !== "" && !/^\d+$/.test(step)) ?? "form";

/** What the schema library says by itself is for programmers: `Invalid input: expected string, received undefined`. */
const isForProgrammers = (message: string): boolean => /^(?:Invalid|Too (?:small|big)|Unrecognized)\b/.test(message);
const UNNAMED = "This is missing, or not as it should be";

/** One error a field, in the order in which the schema found them. */
export const fieldErrors = (problems: readonly FieldProblem[], names: FieldNames, fields: Fields): FieldError[] => {
  const fieldOf = names.fieldOf ?? lastName;
  const errors = new Map<string, string>();
  for (const { pointer, message } of problems) {
    const field = fieldOf(pointer, fields);
    if (errors.has(field)) continue;
    const missing = fields.has(field) ? undefined : names.missing?.[field];
    const said = missing ?? names.messages?.[field] ?? names.say?.(field, message) ?? message;
    errors.set(field, isForProgrammers(said) ? UNNAMED : said);
  }
  return [...errors].map(([field, message]) => ({ field, message }));
};

/** The state of a form after the service refused it; undefined where the refusal is a page of its own (404, 403, 500). */
export const refusedForm = (error: unknown, fields: Fields, names: FieldNames): FormState | undefined => {
  if (!(error instanceof DomainError)) return undefined;
  const { kind, code, details, message } = error;
  if (!["invalid", "conflict", "stale", "too-many"].includes(kind)) return undefined;
  const errors = fieldErrors(error.fields, names, fields);
  const refusal = { code, details };
  return { values: fields.all(), errors, refusal, ...(errors.length === 0 ? { notice: message } : {}) };
};
