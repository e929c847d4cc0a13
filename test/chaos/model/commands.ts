/** One thing that a client may ask for. `name` is how the checker knows it. */
export interface Command {
  readonly name: CommandName;
  readonly method: "POST" | "PATCH";
  readonly path: string;
  readonly body: unknown;
  /** The offer, agreement or request that it is about, by id or reference; empty where it makes something new. */
  readonly about: string;
  readonly ifMatch?: string;
  /** Sent as the form of a page with the token that the page carried; otherwise as JSON. */
  readonly csrf?: string;
}

export type CommandName =
  | "post"
  | "withdraw"
  | "amend"
  | "accept"
  | "decline"
  | "propose"
  | "extend"
  | "step"
  | "undo"
  | "swap"
  | "patient-no"
  | "release"
  | "cancel"
  | "sorted"
  | "acknowledge"
  | "task"
  | "publish"
  | "import"
  | "gone"
  | "confirm"
  | "widen"
  | "nudge"
  | "assign"
  | "pause"
  | "resume"
  | "forged";

const command = (
  name: CommandName,
  path: string,
  about: string,
  body: unknown,
  rest: Partial<Command> = {},
): Command => ({ name, method: "POST", path, about, body, ...rest });

export interface Line {
  readonly count: number;
  readonly dueBy: string;
  readonly service: string;
}

const request = (reference: string): string => `/v1/cover-requests/${reference}`;

const offer = (name: CommandName, id: string, body: unknown): Command =>
  command(name, `/v1/offers/${id}/${name}`, id, body);
const agreement = (name: CommandName, verb: string, id: string, body: unknown): Command =>
  command(name, `/v1/agreements/${id}/${verb}`, id, body);
const brokering = (name: CommandName, reference: string, body: unknown): Command =>
  command(name, `${request(reference)}/${name}`, reference, body);

/** Commands by what a person would call them. */
export const ask = {
  post: (priority: string, takeFirm: boolean, lines: readonly Line[]): Command =>
    command("post", "/v1/cover-requests", "", {
      priority,
      reason: "staff-absence",
      takeFirm,
      needs: lines.map((line) => ({ ...line, minutes: 20, maxKm: 20 })),
    }),
  withdraw: (reference: string): Command => command("withdraw", `${request(reference)}/withdraw`, reference, {}),
  amend: (reference: string, count: number, ifMatch: string): Command =>
    command("amend", request(reference), reference, { lines: [{ line: 1, count }] }, { method: "PATCH", ifMatch }),
  sorted: (reference: string, ref: string): Command =>
    command("sorted", `${request(reference)}/needs/${ref}/sorted`, reference, { as: "kept-home" }),
  acknowledge: (reference: string, ref: string): Command =>
    command("acknowledge", `${request(reference)}/needs/${ref}/acknowledge`, reference, undefined),
  accept: (id: string, slots?: readonly string[]): Command => offer("accept", id, slots === undefined ? {} : { slots }),
  decline: (id: string): Command => offer("decline", id, { code: "capacity" }),
  propose: (id: string, start: string, count: number): Command => offer("propose", id, { times: [{ start, count }] }),
  extend: (id: string): Command => offer("extend", id, undefined),
  step: (step: string, agreements: readonly string[]): Command =>
    command("step", "/v1/agreements/steps", "", { step, agreements }),
  undo: (agreements: readonly string[]): Command => command("undo", "/v1/agreements/steps/undo", "", { agreements }),
  swap: (a: string, b: string): Command => command("swap", "/v1/agreements/swap", a, { a, b }),
  patientNo: (id: string, code: string): Command => agreement("patient-no", "patient-no", id, { code }),
  release: (id: string): Command => agreement("release", "extend-release", id, undefined),
  cancel: (id: string, stillNeeded: boolean): Command =>
    agreement("cancel", "cancel", id, { code: "staff-absence", stillNeeded }),
  task: (id: string): Command => command("task", `/v1/tasks/${id}/acknowledge`, id, { as: "rung" }),
  publish: (startsAt: string, endsAt: string, pledge: string): Command =>
    command("publish", "/v1/clinics", "", {
      services: ["wound-simple", "suture"],
      pledge,
      slotMinutes: 20,
      startsAt,
      endsAt,
    }),
  import: (csv: string): Command => command("import", "/v1/clinics/import", "", { csv }),
  gone: (slotId: string): Command => command("gone", `/v1/slots/${slotId}/gone`, slotId, {}),
  confirm: (): Command => command("confirm", "/v1/clinics/confirm", "", {}),
  widen: (reference: string): Command => brokering("widen", reference, { reason: "due-soon" }),
  nudge: (reference: string): Command => brokering("nudge", reference, { reason: "no-answer" }),
  assign: (reference: string, slots: readonly string[]): Command =>
    brokering("assign", reference, { reason: "due-soon", slots }),
  pause: (reference: string): Command => brokering("pause", reference, { reason: "details-unclear" }),
  resume: (reference: string): Command => brokering("resume", reference, { reason: "resolved" }),
  form: (name: CommandName, path: string, about: string, fields: unknown, csrf: string): Command =>
    command(name, path, about, fields, { csrf }),
};
