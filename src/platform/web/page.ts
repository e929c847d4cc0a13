import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Database, Tx } from "../db/database.ts";
import { notFound } from "../errors/domain-error.ts";
import { fieldProblems, toProblem } from "../http/problem.ts";
import { fingerprint, runOnce } from "../http/idempotency.ts";
import type { Access } from "../http/route.ts";
import { fieldErrors, Fields, refusedForm, type FieldNames, type FormState } from "./fields.ts";
import type { Said } from "./said.ts";

/** A page to show. */
export interface View {
  readonly kind: "view";
  /** `requests/new.njk`: the feature, then the file in its `views` folder. */
  readonly template: string;
  /** The first part of the document's title, and what a screen reader hears first. */
  readonly title: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly status?: number;
  /** The form on the page, with its values and errors. */
  readonly form?: FormState;
}

/** Where to go after a form was taken (post, redirect, get). */
export interface Redirect {
  readonly kind: "redirect";
  readonly location: string;
  readonly said?: Said;
}

export const view = (shown: Omit<View, "kind">): View => ({ kind: "view", ...shown });
export const redirect = (location: string, said?: Said): Redirect => ({
  kind: "redirect",
  location,
  ...(said === undefined ? {} : { said }),
});

/** Back to the page on which a form stood that is not shown again by itself; there it says why nothing was done. */
export const refuse = (location: string, { errors, notice }: FormState): Redirect =>
  redirect(location, { kind: "refused", title: notice ?? errors[0]?.message ?? "That did not work." });

/** Who opened which page. */
export interface Visit<A, P = unknown, Q = unknown> {
  readonly actor: A;
  readonly params: P;
  readonly query: Q;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** A page or the target of a form, erased to what the server needs; the guard test walks these like the API's routes. */
export interface Page<A> {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  /** Bytes that the form may send, where the usual limit does not do. */
  readonly bodyLimit?: number;
  answer(visit: Visit<A>, database: Database, scope: string): Promise<View | Redirect>;
}

/** For pages without parameters. */
export const none = z.object({});

const inPath = <T extends z.ZodType>(schema: T, value: unknown): z.output<T> => {
  const result = schema.safeParse(value);
  // An address that cannot exist and one that does not exist are answered alike.
  if (!result.success) throw notFound("page");
  return result.data;
};

/** Something odd in a query string is left out rather than refused: people edit and share addresses. */
const inQuery = <T extends z.ZodType>(schema: T, value: unknown): z.output<T> => {
  const result = schema.safeParse(value);
  return result.success ? result.data : schema.parse({});
};

interface Opened<P extends z.ZodType, Q extends z.ZodType> {
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params: P;
  /** Must accept `{}`. */
  readonly query: Q;
}

/** A page that is looked at. */
export const pageFor =
  <A>() =>
  <P extends z.ZodType, Q extends z.ZodType>(
    opened: Opened<P, Q>,
    show: (visit: Visit<A, z.output<P>, z.output<Q>>, database: Database) => Promise<View | Redirect>,
  ): Page<A> => ({
    method: "GET",
    path: opened.path,
    summary: opened.summary,
    access: opened.access,
    answer: async (visit, database) =>
      show(
        { ...visit, params: inPath(opened.params, visit.params), query: inQuery(opened.query, visit.query) },
        database,
      ),
  });

interface Sent<A, P extends z.ZodType, I extends z.ZodType> extends FieldNames {
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params: P;
  readonly bodyLimit?: number;
  /** The same schema as the API's: one set of rules. */
  readonly input: I;
  /** From the form's fields to what the API would have been sent. */
  readonly read: (fields: Fields) => unknown;
  /** Shows the form again, with what was typed and what was wrong. */
  readonly again: (visit: Visit<A, z.output<P>>, database: Database, form: FormState) => Promise<View | Redirect>;
}

const KEY = /^[\x21-\x7e]{8,128}$/;
const redirectSchema = z.object({
  location: z.string(),
  said: z.object({ kind: z.enum(["done", "note"]), title: z.string(), text: z.string().optional() }).nullable(),
});

const toRedirect = (body: unknown): Redirect => {
  const { location, said } = redirectSchema.parse(body);
  if (said === null) return redirect(location);
  const { kind, title, text } = said;
  return redirect(location, { kind, title, ...(text === undefined ? {} : { text }) });
};

/** Runs the command of a form at most once for the key that its rendering carried: a double click does nothing twice (O6). */
const once = async (
  database: Database,
  keyed: { scope: string; key: string | undefined; path: string; fields: Fields },
  command: (tx: Tx) => Promise<Redirect>,
): Promise<Redirect> => {
  const { key } = keyed;
  if (key === undefined || !KEY.test(key)) return database.transact(command);
  const print = fingerprint("POST", keyed.path, keyed.fields.all());
  const stored = await database.transact(async (tx) =>
    runOnce(tx, { scope: keyed.scope, key, fingerprint: print }, async () => {
      const { location, said = null } = await command(tx);
      return { status: 303, body: { location, said } };
    }),
  );
  return toRedirect(stored.body);
};

type Submit<A, P extends z.ZodType, I extends z.ZodType, H, R> = (
  visit: Visit<A, z.output<P>> & { readonly input: z.output<I>; readonly fields: Fields },
  handle: H,
) => Promise<R>;

const submitted = <A, P extends z.ZodType, I extends z.ZodType>(
  sent: Sent<A, P, I>,
  run: (
    visit: Visit<A, z.output<P>> & { readonly input: z.output<I>; readonly fields: Fields },
    database: Database,
    scope: string,
  ) => Promise<View | Redirect>,
): Page<A> => ({
  method: "POST",
  path: sent.path,
  summary: sent.summary,
  access: sent.access,
  ...(sent.bodyLimit === undefined ? {} : { bodyLimit: sent.bodyLimit }),
  answer: async (raw, database, scope) => {
    const visit = { ...raw, params: inPath(sent.params, raw.params) };
    const fields = Fields.from(raw.request.body);
    const parsed = sent.input.safeParse(sent.read(fields));
    if (!parsed.success) {
      const errors = fieldErrors(fieldProblems(parsed.error), sent, fields);
      return again(sent, visit, database, { values: fields.all(), errors }, 422);
    }
    try {
      return await run({ ...visit, input: parsed.data, fields }, database, scope);
    } catch (error) {
      const state = refusedForm(error, fields, sent);
      if (state === undefined) throw error;
      return again(sent, visit, database, state, statusOf(error));
    }
  },
});

/** A refused form is answered as the API would answer: 409, 412, 422 or 429. */
const statusOf = (error: unknown): number => toProblem(error).status;

const again = async <A, P extends z.ZodType, I extends z.ZodType>(
  sent: Sent<A, P, I>,
  visit: Visit<A, z.output<P>>,
  database: Database,
  form: FormState,
  status: number,
): Promise<View | Redirect> => {
  const shown = await sent.again(visit, database, form);
  return shown.kind === "redirect" ? shown : { ...shown, form, status };
};

/** The target of a form whose command runs in one transaction, at most once for each rendering of the form. */
export const formFor =
  <A>() =>
  <P extends z.ZodType, I extends z.ZodType>(sent: Sent<A, P, I>, submit: Submit<A, P, I, Tx, Redirect>): Page<A> =>
    submitted(sent, async (visit, database, scope) =>
      once(
        database,
        { scope, key: visit.fields.text("_key"), path: visit.request.url, fields: visit.fields },
        async (tx) => submit(visit, tx),
      ),
    );

/**
 * The target of a form that decides itself about transactions and keeps no answer for a repeat: signing in, because
 * hashing stays outside, and whatever shows a secret once.
 */
export const openFormFor =
  <A>() =>
  <P extends z.ZodType, I extends z.ZodType>(
    sent: Sent<A, P, I>,
    submit: Submit<A, P, I, Database, View | Redirect>,
  ): Page<A> =>
    submitted(sent, async (visit, database) => submit(visit, database));
