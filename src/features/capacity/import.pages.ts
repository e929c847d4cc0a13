import { z } from "zod";
import { blank, type FormState } from "../../platform/web/fields.ts";
import { none, view, type View } from "../../platform/web/page.ts";
import { openForm, page, type AppPage } from "../access/index.ts";
import { atOwnDesk } from "./capacity.policy.ts";
import { importBody, importView, MAX_IMPORT_BYTES } from "./capacity.schema.ts";
import { importClinics } from "./import.service.ts";

/** What a refused import carries. */
const refused = z.object({ rows: z.number(), bad: importView.shape.bad });

type Report = z.output<typeof importView>;

const showImport = (state: FormState, report?: Report): View => {
  const details = refused.safeParse(state.refusal?.details).data;
  const bad = (report ?? details)?.bad ?? [];
  return view({
    template: "capacity/import.njk",
    title: "Import clinics",
    form: state,
    data: {
      report,
      /** A row may have more than one problem. */
      badRows: new Set(bad.map(({ line }) => line)).size,
      ...(details === undefined ? {} : { noticeTitle: "Nothing was imported", refusedRows: details.rows }),
      bad: bad.map((row) => ({ ...row, column: row.column === "row" ? "the whole row" : row.column })),
    },
  });
};

/**
 * Import of a CSV file with a report a person can act on (C6). The text itself is the field: it works without script by
 * pasting, and a script reads a chosen file into it. Importing the same again changes nothing, so a repeat needs no key.
 */
export const importPages: readonly AppPage[] = [
  page(
    { path: "/clinics/import", summary: "The form to import clinics", access: atOwnDesk, params: none, query: none },
    async () => showImport(blank()),
  ),
  openForm(
    {
      path: "/clinics/import",
      summary: "Import clinics from CSV",
      access: atOwnDesk,
      params: none,
      // Encoded as a form, a comma is three bytes.
      bodyLimit: 3 * MAX_IMPORT_BYTES,
      input: importBody.extend({
        csv: importBody.shape.csv.min(1, "Choose a file, or paste its rows"),
        skipBad: z.boolean(),
      }),
      read: (fields) => ({ csv: fields.text("csv") ?? "", skipBad: fields.has("skipBad") }),
      again: async (_visit, _database, state) => showImport(state),
    },
    async ({ actor, input, fields }, database) => {
      const report = await database.transact(async (tx) =>
        importClinics(tx, { author: actor, ...actor }, input.csv, { skipBad: input.skipBad }),
      );
      // What is left to put right stays in the form; otherwise it is empty again.
      return showImport(blank(report.bad.length === 0 ? {} : fields.all()), { ...report, bad: [...report.bad] });
    },
  ),
];
