import { appNow, type Database } from "../../platform/db/database.ts";
import { blank, type FormState } from "../../platform/web/fields.ts";
import { none, redirect, view, type View } from "../../platform/web/page.ts";
import { brokersOnly, form, page, type Actor, type AppPage } from "../access/index.ts";
import {
  pausePractice,
  pausePracticeBody,
  pausePracticeCodes,
  practiceParams,
  presentPressure,
  readPractice,
  readPractices,
  resumePractice,
  resumePracticeBody,
  speakPauseReason,
} from "../pressure/index.ts";

const showPractice = async (actor: Actor, { q }: Database, code: string, state: FormState): Promise<View> => {
  const practice = presentPressure(await readPractice(q, actor, code), await appNow(q));
  return view({
    template: "board/practice.njk",
    title: practice.name,
    form: state,
    data: {
      practice,
      reasons: pausePracticeCodes.map((value) => ({ value, text: speakPauseReason(value) })),
    },
  });
};

/** The parts that the two forms of a broker share. */
const about = (verb: "pause" | "resume", summary: string) =>
  ({
    path: `/board/practices/:code/${verb}`,
    summary,
    access: brokersOnly,
    params: practiceParams,
    messages: { reason: "Choose why" },
    again: async (
      { actor, params }: { actor: Actor; params: { code: string } },
      database: Database,
      state: FormState,
    ) => showPractice(actor, database, params.code, state),
  }) as const;

/** How pressed each practice is, and pausing one (F3), over the same services as the API. */
export const practicePages: readonly AppPage[] = [
  page(
    {
      path: "/board/practices",
      summary: "The practices of the group: how pressed they are, and which are paused",
      access: brokersOnly,
      params: none,
      query: none,
    },
    async ({ actor }, { q }) => {
      const now = await appNow(q);
      return view({
        template: "board/practices.njk",
        title: "Practices",
        data: { practices: (await readPractices(q, actor)).map((state) => presentPressure(state, now)) },
      });
    },
  ),
  page(
    {
      path: "/board/practices/:code",
      summary: "What a broker can do about one practice",
      access: brokersOnly,
      params: practiceParams,
      query: none,
    },
    async ({ actor, params }, database) => showPractice(actor, database, params.code, blank({})),
  ),
  form(
    {
      ...about("pause", "Stop asking a practice"),
      input: pausePracticeBody,
      read: (fields) => ({ reason: fields.text("reason") }),
    },
    async ({ actor, params, input }, tx) => {
      const { name } = await pausePractice(tx, actor, { ...params, ...input });
      return redirect(`/board/practices/${params.code}`, { kind: "done", title: `${name} is not asked any more.` });
    },
  ),
  form(
    {
      ...about("resume", "Ask a practice again"),
      input: resumePracticeBody,
      read: (fields) => ({ reason: fields.text("reason") }),
    },
    async ({ actor, params, input }, tx) => {
      const { name } = await resumePractice(tx, actor, { ...params, ...input });
      return redirect(`/board/practices/${params.code}`, { kind: "done", title: `${name} is asked again.` });
    },
  ),
];
