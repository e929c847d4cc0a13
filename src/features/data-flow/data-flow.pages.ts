import { getTableColumns, getTableName } from "drizzle-orm";
import { toSnakeCase } from "drizzle-orm/casing";
import type { Classified, DataClass, Retention } from "../../platform/db/columns.ts";
import { none, view } from "../../platform/web/page.ts";
import { page, signedIn, type AppPage } from "../access/index.ts";
import { speakDay } from "../calendar/index.ts";
import { purgeStates } from "../privacy/index.ts";

const CLASS_WORDS: Readonly<Record<DataClass, string>> = {
  none: "Nothing about a person",
  staff: "About staff",
  pseudonymous: "Pseudonymous",
};

const keptFor = ({ period, from }: Retention): string => {
  if (period === "forever") return from;
  const days = Number(period.slice(1, -1));
  const long = days % 365 === 0 ? `${days / 365} ${days === 365 ? "year" : "years"}` : `${days} days`;
  return `${long} from ${from}`;
};

type PurgeState = Awaited<ReturnType<typeof purgeStates>>[number];

/** `last purged Tue 15 Dec, 30 rows so far`; nothing where the table is not purged by itself. */
const saidOf = (states: readonly PurgeState[], name: string): string => {
  const state = states.find((one) => one.name === name);
  if (state === undefined || state.doneAt === null) return "";
  return `last purged ${speakDay(state.doneAt)}, ${state.purged} ${state.purged === 1 ? "row" : "rows"} so far`;
};

/** One table with its columns by class; column names as in the database. */
export const describeTable = ({ table, classes, retention }: Classified) => {
  const columns = Object.keys(getTableColumns(table)).map((key) => ({
    name: toSnakeCase(key),
    dataClass: classes[key] ?? "none",
  }));
  const of = (dataClass: DataClass): string[] =>
    columns.filter((column) => column.dataClass === dataClass).map((column) => column.name);
  return {
    name: getTableName(table),
    kept: keptFor(retention),
    pseudonymous: of("pseudonymous"),
    staff: of("staff"),
    other: of("none").length,
  };
};

/** What is stored, about whom, and for how long: for the information-governance lead, made from the tables themselves (P5). */
export const dataFlowPages = (tables: () => readonly Classified[]): readonly AppPage[] => [
  page(
    { path: "/data-flow", summary: "What is stored, and for how long", access: signedIn, params: none, query: none },
    async (_visit, { q }) => {
      const states = await purgeStates(q);
      return view({
        template: "data-flow/data-flow.njk",
        title: "What is stored, and for how long",
        data: {
          classWords: CLASS_WORDS,
          tables: tables()
            .map((one) => ({ ...describeTable(one), purged: saidOf(states, getTableName(one.table)) }))
            .sort((left, right) => left.name.localeCompare(right.name, "en-GB")),
        },
      });
    },
  ),
];
