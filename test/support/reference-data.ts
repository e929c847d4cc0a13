import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** A file of the reference data beside the checkout, or undefined: its absence is the one skip that is always allowed. */
export const referenceData = (file: string): string | undefined => {
  const root = process.env["COVERSHARE_REFERENCE_DATA"] ?? fileURLToPath(new URL("../../../shared", import.meta.url));
  const full = path.join(root, file);
  return existsSync(full) ? full : undefined;
};
