import { z } from "zod";
import type { FormState } from "../../platform/web/fields.ts";
import { speakInstant } from "../calendar/index.ts";

/** What a change would break, as the refusal carries it (C4). */
const breaking = z.object({
  agreements: z.array(z.object({ reference: z.string(), needRef: z.string(), startsAt: z.date(), step: z.string() })),
});

/** For `views/breaking.njk`: the agreements that a form's change would break, and what the notice above it is called. */
export const breakingOf = (state: FormState) => {
  const broken = breaking.safeParse(state.refusal?.details).data?.agreements ?? [];
  return {
    ...(broken.length === 0 ? {} : { noticeTitle: "Before you go on" }),
    broken: broken.map(({ reference, needRef, startsAt, step }) => ({
      ref: `${reference} ${needRef}`,
      when: speakInstant(startsAt),
      isTold: step === "told",
    })),
  };
};

/** What the page says after a change that touched agreements; nothing to add where none was. */
export const saidOfLoss = ({ moved, broken }: { readonly moved: number; readonly broken: number }) =>
  moved + broken === 0 ? {} : { text: "Both sides are told, and other places are looked for." };
