import type { Fields } from "../../platform/web/fields.ts";
import { redirect, type Redirect } from "../../platform/web/page.ts";
import type { StepsAnswer, UndoAnswer } from "./agreements.schema.ts";
import { walkedSteps } from "./handover.rules.ts";
import { speakWhyNot } from "./step.words.ts";

/** The pages that the forms of the handover stand on. */
const BACK = /^\/(?:desk|requests\/CR-[0-9A-Z]{4,8}|agreements\/[0-9a-f-]{36})$/;

/** Back to the page on which the form stood, and nowhere else. */
export const backTo = (fields: { text(name: string): string | undefined }): string => {
  const back = fields.text("back") ?? "";
  return BACK.test(back) ? back : "/desk";
};

/** The button: which step, of all that were shown or of the ticked ones, and of not-done whether it is still needed. */
export const readDoing = (fields: Fields) => {
  const [step, which, still] = (fields.text("do") ?? "").split("/");
  return {
    step: walkedSteps.find((each) => each === step),
    agreements: fields.list(which === "all" ? "shown" : "agreements"),
    stillNeeded: still !== "no",
  };
};

type Answer = (StepsAnswer | UndoAnswer)["items"];

/** What came of it, in words; what could not be done says why, with its reference where that is known. */
export const sayDone = (
  back: string,
  items: Answer,
  refOf: (id: string) => string,
  done: (count: number) => string,
): Redirect => {
  const changed = items.filter((item) => item.changed).length;
  const not = items.filter((item) => item.whyNot !== null);
  const text = not.map(({ id, whyNot }) => `${refOf(id)} ${speakWhyNot(whyNot ?? "")}.`).join(" ");
  const title = changed > 0 ? done(changed) : not.length > 0 ? "Nothing was changed." : "That was done already.";
  return redirect(back, {
    kind: changed > 0 ? "done" : "note",
    title,
    ...(text === "" ? {} : { text: text.slice(0, 480) }),
  });
};
