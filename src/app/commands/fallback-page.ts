import { fallbackPage } from "../../features/board/index.ts";
import { withDatabase, type AddCommand } from "./command.ts";

/** `covershare admin fallback-page`: the page for when everything is down, on standard output. */
export const addFallbackPage: AddCommand = (parent, context) => {
  parent
    .command("fallback-page")
    .description("print the page for when all is down: what is open and agreed, and whom to ring, as one HTML file")
    .requiredOption("--group <code>", "code of the sharing group")
    .action(async ({ group }: { readonly group: string }) => {
      const html = await withDatabase(context, async ({ q }) => fallbackPage(q, group));
      context.out(html.trimEnd());
    });
};
