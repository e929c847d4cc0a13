import type { AddCommand } from "./command.ts";
import { addImportClinics } from "./import-clinics.ts";
import { addImportPractices } from "./import-practices.ts";

/** `covershare import …`: reference data and clinics from files. */
export const addImport: AddCommand = (parent, context) => {
  const group = parent.command("import").description("bring practices or clinics in from a file");
  addImportPractices(group, context);
  addImportClinics(group, context);
};
