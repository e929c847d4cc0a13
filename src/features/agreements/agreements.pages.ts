import type { Database } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { atDesk, form, page, type Actor, type AppPage } from "../access/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { serviceNames } from "../services/index.ts";
import { agreementParams, cancelBody } from "./agreements.schema.ts";
import { cancelAgreement } from "./agreements.service.ts";
import { listAgreements } from "./list.repository.ts";
import { readerFor } from "./reader.policy.ts";

const cancelChoices = [
  { value: "not-needed", text: "Not needed any more" },
  { value: "staff-absence", text: "Somebody is away" },
  { value: "clinic-cancelled", text: "The clinic is cancelled" },
  { value: "slot-gone", text: "The time has gone" },
  { value: "premises", text: "Rooms or premises" },
  { value: "it-outage", text: "IT is down" },
  { value: "stock", text: "Stock or equipment" },
  { value: "mistake", text: "Agreed by mistake" },
  { value: "other", text: "Something else" },
] as const;

const STEPS: Readonly<Record<string, string>> = {
  agreed: "Agreed",
  blocked: "Time blocked",
  passed: "Details sent",
  booked: "Booked",
  told: "Patient told",
  attended: "Seen",
  dna: "Did not attend",
  "not-done": "Not done",
  cancelled: "Cancelled",
};

const showAgreement = async (actor: Actor, { q }: Database, id: string): Promise<View> => {
  const [agreement] = await listAgreements(q, readerFor(actor), { id, limit: 1 });
  if (agreement === undefined) throw notFound("agreement");
  const nameOf = await serviceNames(q);
  return view({
    template: "agreements/agreement.njk",
    title: `${agreement.reference} ${agreement.ref}`,
    data: {
      cancelChoices,
      agreement: {
        ...agreement,
        service: nameOf(agreement.service),
        when: speakInstant(new Date(agreement.startsAt)),
        words: STEPS[agreement.step] ?? agreement.step,
        isTold: agreement.step === "told",
      },
    },
  });
};

/** One agreement, and giving it back (H3). The steps of the handover come with their own pages. */
export const agreementPages: readonly AppPage[] = [
  page(
    { path: "/agreements/:id", summary: "One agreement", access: atDesk, params: agreementParams, query: none },
    async ({ actor, params }, database) => showAgreement(actor, database, params.id),
  ),
  form(
    {
      path: "/agreements/:id/cancel",
      summary: "Give an agreed time back",
      access: atDesk,
      params: agreementParams,
      input: cancelBody,
      read: (fields) => ({ code: fields.text("code"), stillNeeded: fields.text("stillNeeded") !== "no" }),
      messages: { code: "Choose why" },
      again: async ({ actor, params }, database) => showAgreement(actor, database, params.id),
    },
    async ({ actor, params, input }, tx) => {
      const { needState } = await cancelAgreement(tx, actor, params.id, input);
      const text = needState === "open" ? "A place is being looked for again." : undefined;
      return redirect("/", {
        kind: "done",
        title: "Given back. Both sides have been told.",
        ...(text === undefined ? {} : { text }),
      });
    },
  ),
];
