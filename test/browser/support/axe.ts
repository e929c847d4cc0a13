import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { z } from "zod";
import { widths } from "./town.ts";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const result = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});

/**
 * What axe has against a page by the rules of WCAG 2.2 A and AA: rule and element, or nothing. It need not fetch style sheets
 * and sound for itself first: only rules look at those that are not among these.
 */
export const axeProblems = async (page: Page): Promise<string[]> => {
  // The page's own policy forbids inline script, so axe comes in through the debugger; once for each document, it is large.
  if ((await page.evaluate("typeof axe")) === "undefined") await page.evaluate(source);
  const found: unknown = await page.evaluate(
    `axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      resultTypes: ["violations"],
      preload: false,
    })`,
  );
  return result
    .parse(found)
    .violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
};

/** What a window of 1280 px shows at a zoom of 200 % and 400 %: nobody should have to scroll two ways there (WCAG 1.4.10). */
const zoomed = [
  { width: 640, height: 450 },
  { width: 320, height: 256 },
] as const;

/**
 * A look at pages for a tour: holds each against axe at 1280 px and at 390 px, and against scrolling sideways there and at a
 * zoom of 200 % and 400 %, where the layout is that of the telephone and axe would find the same again. `problems` is what it
 * found so far, `seen` the states that it came through.
 */
export const axeLook = () => {
  const problems = new Set<string>();
  const seen: string[] = [];
  const lookAt = async (name: string, page: Page, size: { readonly width: number; readonly height: number }) => {
    await page.setViewportSize(size);
    const wide: unknown = await page.evaluate("document.documentElement.scrollWidth");
    if (Number(wide) > size.width) problems.add(`${name} at ${size.width}: ${String(wide)} px wide`);
  };
  const look = async (name: string, page: Page): Promise<void> => {
    seen.push(name);
    for (const size of zoomed) await lookAt(name, page, size);
    for (const size of [widths.phone, widths.desktop]) {
      await lookAt(name, page, size);
      for (const problem of await axeProblems(page)) problems.add(`${name} at ${size.width}: ${problem}`);
    }
  };
  return { look, problems, seen };
};
