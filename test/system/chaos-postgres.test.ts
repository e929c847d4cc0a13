import { afterEach, describe, expect, it } from "vitest";
import { CHAOS_TIMEOUT_MS, playShort } from "./support/chaos-run.ts";

describe("everything around Covershare fails, and the queue lies in PostgreSQL", () => {
  const stopping = new AbortController();
  // A run that is given up takes its processes down.
  afterEach(() => stopping.abort());

  it("no need is lost, no slot given twice and no desk left uninformed", { timeout: CHAOS_TIMEOUT_MS }, async () => {
    const run = await playShort("postgres", 2, stopping.signal);
    expect(run.violations, run.replay).toEqual([]);
    expect(run.missed).toEqual([]);
    expect(run.injected).toBeGreaterThan(13);
    expect(run.acknowledged).toBeGreaterThan(20);
    expect(run.framesChecked).toBeGreaterThan(100);
    // S5: the reader that stopped reading was told why it was put off.
    expect(run.slowReaderCloses["4408"] ?? 0, JSON.stringify(run.slowReaderCloses)).toBeGreaterThan(0);
  });
});
