import { createRequire } from "node:module";
import { z } from "zod";

const manifest: unknown = createRequire(import.meta.url)("../../package.json");

/** Of this package, as its manifest says it. */
export const { version } = z.object({ version: z.string() }).parse(manifest);
