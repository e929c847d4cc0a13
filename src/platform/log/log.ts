import { pino } from "pino";
import { traceFields } from "../telemetry/trace.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** The part of pino that the project uses; anything that logs takes one of these. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

/**
 * JSON lines on standard error: standard output belongs to the results of commands.
 * Secrets are removed by key wherever they stand at the first two levels.
 */
export const createLogger = (level: LogLevel): Logger =>
  pino(
    {
      level,
      base: null,
      // Whose request a line is about, without anybody having to say so.
      mixin: () => ({ ...traceFields() }),
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          "password",
          "token",
          "secret",
          "cookie",
          "authorization",
          "*.password",
          "*.token",
          "*.secret",
          "*.cookie",
          "*.authorization",
        ],
        censor: "[removed]",
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );

/** For tests and for library calls that want silence. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
