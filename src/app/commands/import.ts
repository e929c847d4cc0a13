import type { ConfigureCommand } from "./command.ts";
import { addImportClinics } from "./import-clinics.ts";
import { addImportPractices } from "./import-practices.ts";

/** `covershare import …`: reference data and clinics from files. */
export const configureImport: ConfigureCommand = (command, context) => {
  addImportPractices(command, context);
  addImportClinics(command, context);
};
