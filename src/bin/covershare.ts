#!/usr/bin/env node
import { runCli } from "../app/cli.ts";
import { wallClock } from "../platform/clock/clock.ts";

/*
 * The process: signals, streams and exit status. `npm run` passes a Ctrl-C on that the terminal has already delivered, so
 * the same press arrives twice; only one that comes later means "at once".
 */
const SAME_PRESS_MS = 1_000;

const stopping = new AbortController();
let firstAtMs: number | undefined;

const onSignal = (): void => {
  const nowMs = wallClock.monotonicMs();
  if (firstAtMs === undefined) {
    firstAtMs = nowMs;
    stopping.abort();
  } else if (nowMs - firstAtMs > SAME_PRESS_MS) process.exit(130);
};
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);

// Whoever reads our output may stop reading (`| head`): nobody is left to tell.
process.stdout.on("error", () => process.exit(0));

process.exitCode = await runCli({
  args: process.argv.slice(2),
  environment: process.env,
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  stopping: stopping.signal,
});
// Everything is closed by now. Should a library still hold the event loop, it is not waited for.
setTimeout(() => process.exit(), 2_000).unref();
