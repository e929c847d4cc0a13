/** One thing that a client may ask for. `name` is how the checker knows it. */
export interface Command {
  readonly name: CommandName;
  readonly method: "POST" | "PATCH";
  readonly path: string;
  readonly body: unknown;
  readonly ifMatch?: string;
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
  | "cancel"
  | "publish"
  | "import"
  | "gone"
  | "confirm"
  | "widen"
  | "nudge"
  | "pause"
  | "resume";

const command = (name: CommandName, path: string, body: unknown, rest: Partial<Command> = {}): Command => ({
  name,
  method: "POST",
  path,
  body,
  ...rest,
});

export interface Line {
  readonly count: number;
  readonly dueBy: string;
  readonly service: string;
}

const request = (reference: string): string => `/v1/cover-requests/${reference}`;

/** Commands by what a person would call them. */
export const ask = {
  post: (priority: string, takeFirm: boolean, lines: readonly Line[]): Command =>
    command("post", "/v1/cover-requests", {
      priority,
      reason: "staff-absence",
      takeFirm,
      needs: lines.map((line) => ({ ...line, minutes: 20, maxKm: 20 })),
    }),
  withdraw: (reference: string): Command => command("withdraw", `${request(reference)}/withdraw`, {}),
  amend: (reference: string, count: number, ifMatch: string): Command =>
    command("amend", request(reference), { lines: [{ line: 1, count }] }, { method: "PATCH", ifMatch }),
  accept: (offerId: string, slots?: readonly string[]): Command =>
    command("accept", `/v1/offers/${offerId}/accept`, slots === undefined ? {} : { slots }),
  decline: (offerId: string): Command => command("decline", `/v1/offers/${offerId}/decline`, { code: "capacity" }),
  propose: (offerId: string, start: string, count: number): Command =>
    command("propose", `/v1/offers/${offerId}/propose`, { times: [{ start, count }] }),
  extend: (offerId: string): Command => command("extend", `/v1/offers/${offerId}/extend`, undefined),
  step: (step: string, agreements: readonly string[]): Command =>
    command("step", "/v1/agreements/steps", { step, agreements }),
  cancel: (agreementId: string, stillNeeded: boolean): Command =>
    command("cancel", `/v1/agreements/${agreementId}/cancel`, { code: "staff-absence", stillNeeded }),
  publish: (startsAt: string, endsAt: string, pledge: string): Command =>
    command("publish", "/v1/clinics", {
      services: ["wound-simple", "suture"],
      pledge,
      slotMinutes: 20,
      startsAt,
      endsAt,
    }),
  import: (csv: string): Command => command("import", "/v1/clinics/import", { csv }),
  gone: (slotId: string): Command => command("gone", `/v1/slots/${slotId}/gone`, {}),
  confirm: (): Command => command("confirm", "/v1/clinics/confirm", {}),
  widen: (reference: string): Command => command("widen", `${request(reference)}/widen`, { reason: "due-soon" }),
  nudge: (reference: string): Command => command("nudge", `${request(reference)}/nudge`, { reason: "no-answer" }),
  pause: (reference: string): Command => command("pause", `${request(reference)}/pause`, { reason: "details-unclear" }),
  resume: (reference: string): Command => command("resume", `${request(reference)}/resume`, { reason: "resolved" }),
};
