import { tmpdir } from "node:os";
import path from "node:path";

/** The folder that says that this run (named by its template database) has compiled the package. */
export const buildMark = (template: string): string => path.join(tmpdir(), `covershare-build-${template}`);
