import { appNow, type Queryable } from "../../platform/db/database.ts";
import { none, view } from "../../platform/web/page.ts";
import { atDesk, page, type Actor, type AppPage } from "../access/index.ts";
import { listAgreements } from "../agreements/index.ts";
import { londonDate, speakInstant } from "../calendar/index.ts";
import { readRequests } from "../requests/index.ts";
import { listOffers } from "./list.repository.ts";
import { byUrgency, declineChoices, presentOffer, type ShownOffer } from "./offer.presenter.ts";
import { serviceNames } from "./offers.pages.ts";

const STEPS: Readonly<Record<string, string>> = {
  agreed: "Block the time",
  blocked: "Time blocked",
  passed: "Details sent",
  booked: "Booked",
  told: "Patient told",
};

const SHOWN_AGREEMENTS = 40;

/** What we agreed from today on, on either side, the next first. */
const agreedNext = async (q: Queryable, actor: Actor, now: Date, nameOf: (code: string) => string) => {
  // From the start of the London day: this morning's list is still wanted in the afternoon.
  const startsAt = `${londonDate(now)}T00:00:00.000Z`;
  const found = await listAgreements(
    q,
    { kind: "organisation", code: actor.organisationCode },
    { isLive: true, after: { startsAt, id: "00000000-0000-0000-0000-000000000000" }, limit: SHOWN_AGREEMENTS },
  );
  return found.map((agreement) => ({
    id: agreement.id,
    ref: `${agreement.reference} ${agreement.ref}`,
    reference: agreement.reference,
    when: speakInstant(new Date(agreement.startsAt)),
    service: nameOf(agreement.service),
    weGive: agreement.side === "supporting",
    who: agreement.side === "supporting" ? agreement.homeName : agreement.supportingName,
    words: STEPS[agreement.step] ?? agreement.step,
    isTold: agreement.step === "told",
    isOurs: agreement.side === "supporting" && agreement.step === "agreed",
  }));
};

/** Offers that were stood down today: shown as thanks, not as errors. */
const thanksToday = async (
  q: Queryable,
  actor: Actor,
  present: (offer: Parameters<typeof presentOffer>[0]) => ShownOffer,
  now: Date,
): Promise<ShownOffer[]> => {
  const stoodDown = await listOffers(q, actor, { state: "stood-down", limit: 5 });
  return stoodDown
    .filter(({ answeredAt }) => answeredAt !== null && londonDate(new Date(answeredAt)) === londonDate(now))
    .map(present);
};

export const deskPages: readonly AppPage[] = [
  page(
    {
      path: "/desk",
      summary: "My desk: what waits for us, what we agreed, our requests",
      access: atDesk,
      params: none,
      query: none,
    },
    async ({ actor }, { q }) => {
      const now = await appNow(q);
      const nameOf = await serviceNames(q);
      const present = (offer: Parameters<typeof presentOffer>[0]): ShownOffer =>
        presentOffer(offer, { code: actor.organisationCode, now, nameOf });
      const offers = (await listOffers(q, actor, { isAwaitingMe: true, limit: 200 })).map(present).toSorted(byUrgency);
      const { items } = await readRequests(q, actor, { state: "open", limit: 20, after: undefined });
      return view({
        template: "offers/desk.njk",
        title: "My desk",
        data: {
          offers,
          declineChoices,
          thanks: await thanksToday(q, actor, present, now),
          agreed: await agreedNext(q, actor, now, nameOf),
          requests: items.map((item) => ({ ...item, services: item.services.map(nameOf).join(", ") })),
        },
      });
    },
  ),
];
