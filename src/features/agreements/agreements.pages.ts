import { z } from "zod";
import type { Database } from "../../platform/db/database.ts";
import { none, redirect, type Redirect, type View } from "../../platform/web/page.ts";
import { atDesk, form, page, type Actor, type AppPage } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { showAgreement } from "./agreement.view.ts";
import { agreementParams, cancelBody, patientNoBody } from "./agreements.schema.ts";
import { cancelAgreement } from "./agreements.service.ts";
import { givenPages } from "./given.pages.ts";
import { handoverPages } from "./handover.pages.ts";
import { patientSaidNo } from "./patient-no.service.ts";
import { swapAgreements } from "./swap.service.ts";

const again = async ({ actor, params }: { actor: Actor; params: { id: string } }, database: Database): Promise<View> =>
  showAgreement(actor, database, params.id);

const changing = { access: atDesk, params: agreementParams, again } as const;

const done = (location: string, title: string, text?: string): Redirect =>
  redirect(location, { kind: "done", title, ...(text === undefined ? {} : { text }) });

/** What became of the need, for whoever has just given its place back. */
const needWords = (needState: string): string | undefined =>
  needState === "open"
    ? "A place is being looked for again."
    : needState === "returned"
      ? "There is no time left to look for another: the home practice has it back."
      : undefined;

/** One agreement and every way in which it may change (H3, H4, H5, a patient's no); then the forms of the handover. */
export const agreementPages: readonly AppPage[] = [
  page(
    { path: "/agreements/:id", summary: "One agreement", access: atDesk, params: agreementParams, query: none },
    async ({ actor, params }, database) => showAgreement(actor, database, params.id),
  ),
  form(
    {
      ...changing,
      path: "/agreements/:id/cancel",
      summary: "Give an agreed time back",
      input: cancelBody,
      read: (fields) => ({ code: fields.text("code"), stillNeeded: fields.text("stillNeeded") !== "no" }),
      messages: { code: "Choose why" },
    },
    async ({ actor, params, input }, tx) => {
      const { needState } = await cancelAgreement(tx, actor, params.id, input);
      return done("/", "Given back. Both sides have been told.", needWords(needState));
    },
  ),
  form(
    {
      ...changing,
      path: "/agreements/:id/patient-no",
      summary: "The patient said no",
      input: z.object({ no: patientNoBody.shape.code }),
      read: (fields) => ({ no: fields.text("no") }),
      messages: { no: "Choose what the patient said" },
    },
    async ({ actor, params, input }, tx) => {
      const { needState } = await patientSaidNo(tx, actor, params.id, { code: input.no });
      return done("/", "Noted, and the time is given back with thanks.", needWords(needState));
    },
  ),
  form(
    {
      ...changing,
      path: "/agreements/:id/swap",
      summary: "Swap the times of two agreements at one place",
      input: z.object({ with: z.uuid() }),
      read: (fields) => ({ with: fields.text("with") }),
      messages: { with: "Choose what to swap with" },
    },
    async ({ actor, params, input }, tx) => {
      const { items } = await swapAgreements(tx, actor, { a: params.id, b: input.with });
      const mine = items.find(({ id }) => id === params.id);
      const at = mine === undefined ? "" : ` This one is now ${speakInstant(new Date(mine.startsAt))}.`;
      return done(`/agreements/${params.id}`, `Swapped.${at}`, "The other practice has been told.");
    },
  ),
  ...handoverPages,
  ...givenPages,
];
