import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Compiles the browser's script, so that what is tested is what would be served. Half a second. */
export const buildScript = (): void => {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "src/client/browser"], { cwd: root });
};
