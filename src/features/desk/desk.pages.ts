import { none, view } from "../../platform/web/page.ts";
import { atDesk, isBroker, page, type AppPage } from "../access/index.ts";
import { speakStep, type AgreementView } from "../agreements/index.ts";
import { speakInstant } from "../calendar/index.ts";
import { declineChoices, noteSeen, presentInShort, presentOffer } from "../offers/index.ts";
import { presentPressure } from "../pressure/index.ts";
import { readDeskPage } from "./desk.service.ts";

const presentAgreement = (agreement: AgreementView, nameOf: (code: string) => string) => {
  const weGive = agreement.side === "supporting";
  return {
    id: agreement.id,
    ref: `${agreement.reference} ${agreement.ref}`,
    reference: agreement.reference,
    when: speakInstant(new Date(agreement.startsAt)),
    service: nameOf(agreement.service),
    weGive,
    who: weGive ? agreement.homeName : agreement.supportingName,
    words: speakStep(agreement.step),
    tone: ["told", "attended"].includes(agreement.step) ? "green" : "blue",
  };
};

/** `3 h 20 min`: what people say of time. */
const speakMinutes = (minutes: number): string => {
  const [hours, rest] = [Math.floor(minutes / 60), Math.round(minutes % 60)];
  return [hours > 0 ? `${hours} h` : "", rest > 0 || hours === 0 ? `${rest} min` : ""].filter(Boolean).join(" ");
};

/** One's own, compared with nobody's (P4); nothing where there is nothing yet. */
const presentMinutes = ({ given, received }: { readonly given: number; readonly received: number }) =>
  given + received === 0 ? undefined : { given: speakMinutes(given), received: speakMinutes(received) };

const SHOWN_THANKS = 5;
/** The most urgent are shown whole. A desk has at most 8 (A6); where more wait after all, the others are shown in short. */
const SHOWN_WHOLE = 30;
/** What became of what we gave in the last weeks; all of it is a page of its own. */
const SHOWN_GIVEN = { days: 14, limit: 3 };
/** More are a click away, on the pages of requests and clinics: a desk is read, not searched. */
const SHOWN_AGREEMENTS = 50;

export const deskPages: readonly AppPage[] = [
  page(
    {
      path: "/desk",
      summary: "My desk: what waits for us, what we agreed, our requests",
      access: atDesk,
      params: none,
      query: none,
    },
    async ({ actor, request }, database) => {
      // A page that refreshes itself behind another window shows nobody anything.
      const isLookedAt = request.headers["x-hidden"] === undefined;
      const desk = await readDeskPage(database, actor, {
        timesOf: SHOWN_WHOLE,
        thanks: SHOWN_THANKS,
        given: SHOWN_GIVEN,
      });
      const { nameOf, pressure, reminders } = desk;
      const viewer = { code: actor.organisationCode, now: desk.now, nameOf };
      if (isLookedAt && desk.waiting.length > 0) await noteSeen(database.q, actor);
      return view({
        template: "desk/desk.njk",
        title: "My desk",
        data: {
          ...desk.handover,
          given: desk.given.filter(({ isOver }) => isOver),
          returned: desk.requests.filter(({ counts }) => counts.unacknowledged > 0),
          declineChoices,
          bulletin: desk.bulletin,
          pressure: pressure === undefined || isBroker(actor) ? undefined : presentPressure(pressure, viewer.now),
          offers: desk.waiting.map((offer, index) => ({
            ...(index < SHOWN_WHOLE ? presentOffer(offer, viewer) : presentInShort(offer, viewer)),
            isShort: index >= SHOWN_WHOLE,
          })),
          thanks: desk.thanks,
          agreed: desk.agreements.slice(0, SHOWN_AGREEMENTS).map((agreement) => presentAgreement(agreement, nameOf)),
          agreedInAll: desk.agreements.length,
          minutes: presentMinutes(desk.minutes),
          mailboxTrouble: reminders.mailboxTrouble,
          isAskedNextWeek: reminders.isAskedNextWeek,
          // Whoever could put it right is told.
          stoppedWebhooks: actor.roles.includes("manager") ? reminders.stoppedWebhooks : 0,
          requests: desk.requests.map((item) => ({ ...item, services: item.services.map(nameOf).join(", ") })),
        },
      });
    },
  ),
];
