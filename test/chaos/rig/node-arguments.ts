/*
 * What is put into a product process from outside, so that no production code knows of it: `--import` with a `data:` module.
 */

const asModule = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;

/** A process whose parent is gone ends too: whoever is killed in the middle of a run leaves nothing behind. */
export const endsWithParent = (): string[] => [
  "--import",
  asModule(`
    const parent = ${process.pid};
    setInterval(() => {
      if (process.ppid !== parent) process.exit(137);
    }, 500).unref();
  `),
];

/** Each SIGUSR2 sets the clock of the process off by the next of these, and finally back. */
export const CLOCK_STEPS_HOURS = [36, -36, 0] as const;

/** A clock that can be stepped: `Date` as the process sees it. Timers run on; they hang on the monotonic clock. */
export const steppedClock = (): string[] => [
  "--import",
  asModule(`
    const steps = ${JSON.stringify(CLOCK_STEPS_HOURS)};
    let at = -1;
    let offMs = 0;
    const Real = globalThis.Date;
    class Stepped extends Real {
      constructor(...given) {
        if (given.length === 0) super(Real.now() + offMs);
        else super(...given);
      }
      static now() {
        return Real.now() + offMs;
      }
    }
    globalThis.Date = Stepped;
    process.on("SIGUSR2", () => {
      at = (at + 1) % steps.length;
      offMs = steps[at] * 3_600_000;
    });
  `),
];

/** One change of a compiled module: the file's end, what is there, and what stands there instead. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * Changes compiled modules as they are loaded. A text that is not there exactly once ends the process, so that a planted bug
 * cannot quietly stop being one.
 */
export const edited = (edits: readonly Edit[]): string[] => {
  const hooks = asModule(`
    const edits = ${JSON.stringify(edits)};
    export const load = async (url, context, next) => {
      const loaded = await next(url, context);
      let { source } = loaded;
      for (const { file, find, replace } of edits) {
        if (!url.endsWith(file)) continue;
        const text = String(source);
        if (text.split(find).length !== 2) throw new Error("planted bug: " + file + " does not hold once: " + find);
        source = text.replace(find, () => replace);
      }
      return { ...loaded, source };
    };
  `);
  return ["--import", asModule(`import { register } from "node:module"; register(${JSON.stringify(hooks)});`)];
};
