import { z } from "zod";
import { appNow, type Database } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import type { Fields } from "../../platform/web/fields.ts";
import { none, redirect, view, type Redirect, type View } from "../../platform/web/page.ts";
import { atDesk, form, page, type Actor, type AppPage } from "../access/index.ts";
import { londonInstant, openDays, speakInstant } from "../calendar/index.ts";
import { openingHoursOf } from "../practices/index.ts";
import { serviceNames } from "../services/index.ts";
import { acceptOffer, declineOffer, extendOffer } from "./answer.service.ts";
import { listOffers } from "./list.repository.ts";
import { declineChoices, presentOffer, speakSoon } from "./offer.presenter.ts";
import { acceptBody, declineBody, offerParams, proposeBody, type AnswerView } from "./offers.schema.ts";
import { proposeTimes } from "./propose.service.ts";

/** Rows for times in the answer to a call. */
const timeRows = ["1", "2", "3", "4", "5", "6"] as const;

const showOffer = async (actor: Actor, { q }: Database, id: string): Promise<View> => {
  const [offer] = await listOffers(q, actor, { id, limit: 1 });
  if (offer === undefined) throw notFound("offer");
  const now = await appNow(q);
  const shown = presentOffer(offer, { code: actor.organisationCode, now, nameOf: await serviceNames(q) });
  const hours = (await openingHoursOf(q, [actor.organisationCode])).get(actor.organisationCode) ?? [];
  const days = openDays(hours, now, 20).map(({ date, label }) => ({ value: date, text: label }));
  return view({
    template: "offers/offer.njk",
    title: shown.isCall ? "Can you take any?" : "Offer",
    data: { offer: shown, declineChoices, timeRows, days: [{ value: "", text: "Day" }, ...days] },
  });
};

const again = async ({ actor, params }: { actor: Actor; params: { id: string } }, database: Database): Promise<View> =>
  showOffer(actor, database, params.id);

/** What to do next, in the words of the desk: the times and the references to block them under. */
const agreedWords = ({ agreed, stillWanted }: AnswerView): string => {
  const times = agreed.map(({ ref, startsAt }) => `${ref} ${speakInstant(new Date(startsAt))}`).join("; ");
  return `${times}. Block these times in your clinical system now.${
    stillWanted > 0 ? ` ${stillWanted} more are still looked for elsewhere.` : ""
  }`;
};

const toDesk = (title: string, text?: string): Redirect =>
  redirect("/desk", { kind: "done", title, ...(text === undefined ? {} : { text: text.slice(0, 480) }) });

const answered = (result: AnswerView): Redirect =>
  toDesk(
    result.agreed.length === 1
      ? "1 appointment agreed. Thank you."
      : `${result.agreed.length} appointments agreed. Thank you.`,
    agreedWords(result),
  );

/** A London day and time as an instant; what is not one stays as it was typed, so that the schema refuses it. */
const startOf = (day: string | undefined, time: string | undefined): string => {
  const typed = time?.replace(".", ":").padStart(5, "0") ?? "";
  const isTime = /^([01]\d|2[0-3]):[0-5]\d$/.test(typed);
  return day !== undefined && /^\d{4}-\d\d-\d\d$/.test(day) && isTime
    ? londonInstant(day, typed).toISOString()
    : `${day ?? ""} ${time ?? ""}`;
};

const filledTimes = (fields: Fields): string[] =>
  timeRows.filter((row) => fields.has(`day-${row}`) || fields.has(`time-${row}`));

const readTimes = (fields: Fields): unknown => ({
  times: filledTimes(fields).map((row) => ({
    start: startOf(fields.text(`day-${row}`), fields.text(`time-${row}`)),
    count: fields.number(`count-${row}`) ?? 1,
  })),
});

const timeField = (pointer: string, fields: Fields): string => {
  const [, , at = "", property = ""] = pointer.split("/");
  const row = filledTimes(fields)[Number(at)] ?? "1";
  return property === "count" ? `count-${row}` : `time-${row}`;
};

const answering = { access: atDesk, params: offerParams, again } as const;

/** One offer, and every answer to it (O3). */
export const offerPages: readonly AppPage[] = [
  page(
    { path: "/offers/:id", summary: "One offer, with its times", access: atDesk, params: offerParams, query: none },
    async ({ actor, params }, database) => showOffer(actor, database, params.id),
  ),
  form(
    {
      ...answering,
      path: "/offers/:id/accept",
      summary: "Accept an offer, or the ticked times",
      input: acceptBody,
      read: (fields) => (fields.text("take") === "some" ? { slots: fields.list("slots") } : {}),
      messages: { slots: "Tick at least one time" },
    },
    async ({ actor, params, input }, tx) => answered(await acceptOffer(tx, actor, params.id, input)),
  ),
  form(
    {
      ...answering,
      path: "/offers/:id/decline",
      summary: "Decline an offer",
      input: declineBody,
      read: (fields) => ({ code: fields.text("code") }),
      messages: { code: "Choose a reason" },
    },
    async ({ actor, params, input }, tx) => {
      await declineOffer(tx, actor, params.id, input);
      return toDesk("Declined. Thank you for answering.", "Others are being asked.");
    },
  ),
  form(
    {
      ...answering,
      path: "/offers/:id/propose",
      summary: "Answer with times",
      input: proposeBody,
      read: readTimes,
      fieldOf: timeField,
    },
    async ({ actor, params, input }, tx) => {
      const result = await proposeTimes(tx, actor, params.id, input);
      if (result.newOfferId === null) return answered(result);
      return toDesk("Your times were sent.", "The other practice is asked whether they suit.");
    },
  ),
  form(
    {
      ...answering,
      path: "/offers/:id/extend",
      summary: "Checking with our nurse: more time to answer",
      input: z.object({}),
      read: () => ({}),
    },
    async ({ actor, params }, tx) => {
      const { expiresAt } = await extendOffer(tx, actor, params.id);
      const until = speakSoon(new Date(expiresAt), await appNow(tx.q));
      return redirect(`/offers/${params.id}`, { kind: "done", title: `You have until ${until} to answer.` });
    },
  ),
];
