import { appNow, type Database } from "../../platform/db/database.ts";
import { blank, type FormState } from "../../platform/web/fields.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { form, page, type Actor, type AppPage } from "../access/index.ts";
import { atOwnDesk } from "./pressure.routes.ts";
import { levels } from "./pressure.rules.ts";
import { pressureBody } from "./pressure.schema.ts";
import { declarePressure, readPressure } from "./pressure.service.ts";
import { presentPressure } from "./pressure.words.ts";

const showOwn = async (actor: Actor, { q }: Database, state: FormState): Promise<View> => {
  const [own] = await readPressure(q, actor);
  return view({
    template: "pressure/pressure.njk",
    title: "How pressed are you?",
    form: state,
    data: { pressure: own === undefined ? undefined : presentPressure(own, await appNow(q)) },
  });
};

export const pressurePages: readonly AppPage[] = [
  page(
    {
      path: "/settings/pressure",
      summary: "How pressed the practice is",
      access: atOwnDesk,
      params: none,
      query: none,
    },
    async ({ actor }, database) => showOwn(actor, database, blank({})),
  ),
  form(
    {
      path: "/settings/pressure",
      summary: "Declare how pressed the practice is, until the end of its day",
      access: atOwnDesk,
      params: none,
      input: pressureBody,
      read: (fields) => ({
        level: fields.text("level") === "none" ? null : levels.find((level) => String(level) === fields.text("level")),
      }),
      messages: { level: "Choose one" },
      again: async ({ actor }, database, state) => showOwn(actor, database, state),
    },
    async ({ actor, input }, tx) => {
      const state = await declarePressure(tx, actor, input);
      const { words, until } = presentPressure(state, await appNow(tx.q));
      if (words === undefined || until === undefined)
        return redirect("/desk", { kind: "done", title: "Taken back. You are asked as before." });
      return redirect("/desk", {
        kind: "done",
        title: `${words}, until ${until}.`,
        text: state.isNotAsked
          ? "Nobody new asks you until then. What is agreed stays agreed."
          : "Neighbours may still ask you.",
      });
    },
  ),
];
