import type { AskNextWeek } from "../features/capacity/index.ts";
import { londonTime, speakDay } from "../features/calendar/index.ts";
import { queueMail } from "../features/reach/index.ts";
import { serviceNames } from "../features/services/index.ts";

/** "Same clinics next week?" goes to the practice's mailbox; its link opens a page on which somebody signed in says yes. */
export const askByMail: AskNextWeek = async (tx, { organisationCode, weekOf, clinics }) => {
  const nameOf = await serviceNames(tx.q);
  await queueMail(tx, {
    organisationCode,
    cause: `next-week:${weekOf}`,
    kind: "same-again",
    subject: "Same clinics next week?",
    lines: [
      "This week you have:",
      ...clinics.map(
        ({ startsAt, endsAt, services }) =>
          `${speakDay(startsAt)}, ${londonTime(startsAt)} to ${londonTime(endsAt)}: ${services.map(nameOf).join(", ")}`,
      ),
      "Open the page to publish the same for next week with one tap, or to change it. Until then nothing is published.",
    ],
    link: `/clinics/next-week/${weekOf}`,
    linkText: "Yes, or change",
  });
};
