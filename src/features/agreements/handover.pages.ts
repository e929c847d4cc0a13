import { z } from "zod";
import { Fields } from "../../platform/web/fields.ts";
import { none, redirect, refuse } from "../../platform/web/page.ts";
import { atDesk, form, type AppPage } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { stepsBody, undoBody } from "./agreements.schema.ts";
import { backTo, readDoing, sayDone } from "./handover.form.ts";
import { walkingAgreements } from "./handover.repository.ts";
import { stepAgreements } from "./handover.service.ts";
import { stepWords } from "./step.words.ts";
import { acknowledgeBody, taskParams } from "./tasks.schema.ts";
import { acknowledgeTask, requireTask } from "./tasks.service.ts";
import { extendReleases } from "./release.service.ts";
import { undoLastSteps } from "./undo.service.ts";
import type { Queryable } from "../../platform/db/database.ts";

/** References of those that were answered about; what the actor may not see is never asked for. */
const refsOf = async (q: Queryable, items: readonly { id: string; whyNot: string | null }[]) => {
  const known = items.filter(({ whyNot }) => whyNot !== null && whyNot !== "not-found").map(({ id }) => id);
  const refs = new Map(
    (await walkingAgreements(q, known)).map(({ id, reference, ref }) => [id, `${reference} ${ref}`]),
  );
  return (id: string): string => refs.get(id) ?? "One";
};

const messages = { agreements: "Tick at least one appointment.", step: "Choose what to mark." };

/** The forms of the handover, wherever they stand: ticking for many at once, taking back, acknowledging a task (H1, C4). */
export const handoverPages: readonly AppPage[] = [
  form(
    {
      path: "/agreements/steps",
      summary: "Tick one step of the handover for many at once",
      access: atDesk,
      params: none,
      input: stepsBody,
      read: readDoing,
      messages,
      again: async ({ request }, _database, state) => refuse(backTo(Fields.from(request.body)), state),
    },
    async ({ actor, input, fields }, tx) => {
      const { items } = await stepAgreements(tx, actor, input);
      return sayDone(backTo(fields), items, await refsOf(tx.q, items), stepWords[input.step].done);
    },
  ),
  form(
    {
      path: "/agreements/steps/undo",
      summary: "Take back what was ticked today",
      access: atDesk,
      params: none,
      input: undoBody,
      read: (fields) => ({ agreements: fields.list("agreements") }),
      messages,
      again: async ({ request }, _database, state) => refuse(backTo(Fields.from(request.body)), state),
    },
    async ({ actor, input, fields }, tx) => {
      const { items } = await undoLastSteps(tx, actor, input);
      const done = (count: number): string =>
        `Taken back for ${count === 1 ? "1 appointment" : `${count} appointments`}.`;
      return sayDone(backTo(fields), items, await refsOf(tx.q, items), done);
    },
  ),
  form(
    {
      path: "/agreements/extend",
      summary: "More time to pass the details on",
      access: atDesk,
      params: none,
      input: undoBody,
      read: (fields) => ({ agreements: fields.list("shown") }),
      messages,
      again: async ({ request }, _database, state) => refuse(backTo(Fields.from(request.body)), state),
    },
    async ({ actor, input, fields }, tx) => {
      const until = await extendReleases(tx, actor, input.agreements);
      const title =
        until === undefined
          ? "There was nothing to extend."
          : `You have until ${speakInstant(until)} to send the details.`;
      return redirect(backTo(fields), { kind: until === undefined ? "note" : "done", title });
    },
  ),
  form(
    {
      path: "/tasks/:id/acknowledge",
      summary: "Say that you know what a patient needs, and what was done",
      access: atDesk,
      params: taskParams,
      input: acknowledgeBody.extend({ back: z.string() }),
      read: (fields) => ({ as: fields.text("as"), back: backTo(fields) }),
      messages: { as: "Say what was done." },
      again: async ({ actor, params, request }, database, state) => {
        await requireTask(database.q, actor, params.id);
        return refuse(backTo(Fields.from(request.body)), state);
      },
    },
    async ({ actor, params, input }, tx) => {
      const { reference, ref } = await acknowledgeTask(tx, actor, params.id, input);
      const next = input.as === "cover-again" ? "/requests/new" : input.back;
      return redirect(next, { kind: "done", title: `Thank you. It is noted for ${reference} ${ref}.` });
    },
  ),
];
