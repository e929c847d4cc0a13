import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "../../platform/errors/system-code.ts";
import { buildApi, type Api } from "../build-api.ts";
import { serveHealth, startMatcher } from "../build-matcher.ts";
import { openResources, type ResourceOptions } from "../resources.ts";
import { CommandFailed, untilStopped, type ConfigureCommand, type CommandContext } from "./command.ts";

/** Listens, or says in words why not. */
const listening = async <T>(listen: () => Promise<T>, host: string, port: number): Promise<T> => {
  try {
    return await listen();
  } catch (error) {
    const code = systemCode(error);
    if (code === "EADDRINUSE") {
      throw new CommandFailed(`Port ${port} on ${host} is taken. Stop what uses it, or choose another.`);
    }
    if (code === "EACCES") throw new CommandFailed(`Port ${port} needs more rights. Choose one above 1023.`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      throw new CommandFailed(`${host} is not an address of this machine. Set HOST to one that is.`);
    }
    throw error;
  }
};

/** The API at its configured address; resolves to what to type into a browser. */
export const listen = (api: Api, context: CommandContext): Promise<string> => {
  const { host, port } = context.config().http;
  return listening(() => api.listen(), host, port);
};

/** Opens resources, starts what is asked for, waits for Ctrl-C, and closes everything in reverse. */
export const runUntilStopped = async (
  context: CommandContext,
  options: Pick<ResourceOptions, "migrates" | "applicationName">,
  parts: { readonly api: boolean; readonly matcher: boolean },
): Promise<void> => {
  const config = context.config();
  const { host } = config.http;
  const { healthPort } = config.matcher;
  const resources = await openResources({ config, log: context.log(), ...options });
  try {
    const matcher = parts.matcher ? await startMatcher(resources) : undefined;
    if (parts.api) {
      const api = await buildApi(resources);
      context.out(`Covershare is at ${await listen(api, context)}`);
    } else {
      if (healthPort !== undefined) await listening(() => serveHealth(resources, healthPort), host, healthPort);
      context.out("Covershare's matcher is running");
    }
    context.say("Stop it with Ctrl-C.");
    matcher?.warmUp();
    await untilStopped(context.stopping);
    context.say("Stopping.");
    // Whoever sends work here asks /readyz every few seconds, and needs that long to hear of it.
    resources.beginStopping();
    if (parts.api && config.drainMs > 0) await delay(config.drainMs);
  } finally {
    await resources.releasers.release();
  }
};

export const configureServe: ConfigureCommand = (command, context) => {
  command
    .addHelpText("after", "\nWithout DATABASE_URL it starts a PostgreSQL of its own in COVERSHARE_DATA_DIR.")
    .action(async () => {
      await runUntilStopped(
        context,
        { migrates: "always", applicationName: "covershare serve" },
        { api: true, matcher: true },
      );
    });
};

export const configureApi: ConfigureCommand = (command, context) => {
  command.action(async () => {
    await runUntilStopped(
      context,
      { migrates: "embedded", applicationName: "covershare api" },
      { api: true, matcher: false },
    );
  });
};

export const configureMatcher: ConfigureCommand = (command, context) => {
  command.action(async () => {
    await runUntilStopped(
      context,
      { migrates: "embedded", applicationName: "covershare matcher" },
      { api: false, matcher: true },
    );
  });
};
