import { createLogger } from "../../platform/log/log.ts";
import { wallClock } from "../../platform/clock/clock.ts";
import { buildApi, type Api } from "../build-api.ts";
import { startMatcher } from "../build-matcher.ts";
import { demoChooser } from "../demo/chooser.ts";
import { ensureFederation } from "../demo/federation.ts";
import { DEMO_BANNER, DEMO_FEDERATION, DEMO_HUB, DEMO_PASSWORD, emailOf, inventedPractices } from "../demo/invented.ts";
import { runDemo } from "../demo/run-demo.ts";
import { openResources } from "../resources.ts";
import { CommandFailed, untilStopped, type ConfigureCommand, type CommandContext } from "./command.ts";
import { listen } from "./serve.ts";

interface DemoOptions {
  readonly once?: boolean;
}

const signIns = (): string[] => {
  const [first, second] = inventedPractices;
  return [
    `  the practice that is short   ${emailOf("reception", first?.code ?? "")}`,
    `  its manager                  ${emailOf("manager", first?.code ?? "")}`,
    `  a neighbour                  ${emailOf("reception", second?.code ?? "")}`,
    `  the hub                      ${emailOf("reception", DEMO_HUB)}`,
    `  the federation's broker      ${emailOf("broker", DEMO_FEDERATION)}`,
    `  password of all of them      ${DEMO_PASSWORD}`,
  ];
};

const run = async (context: CommandContext, { once = false }: DemoOptions): Promise<void> => {
  const began = wallClock.monotonicMs();
  const given = context.config();
  // A passing story takes any port; whoever comes to look finds the usual one.
  const config = {
    ...given,
    http: once ? { ...given.http, port: 0 } : given.http,
    // Who tries things out has a receiver on the same machine.
    webhooks: { allowsPrivate: true },
  };
  const log = createLogger(config.logLevel === "info" ? "warn" : config.logLevel);
  const resources = await openResources({ config, log, migrates: "always", applicationName: "covershare demo" });
  try {
    const isNew = await ensureFederation(resources.database);
    await startMatcher(resources);
    const api: Api = await buildApi(resources, { banner: DEMO_BANNER, chooser: demoChooser });
    const address = await listen(api, context);
    context.out(DEMO_BANNER);
    context.out(
      `${isNew ? "Created" : "Found"} the Wendle Valley Federation: ${inventedPractices.length} practices and a hub, ready after ${((wallClock.monotonicMs() - began) / 1_000).toFixed(1)} s.`,
    );
    const problems = await runDemo({
      database: resources.database,
      address,
      say: context.out,
      stopping: context.stopping,
    });
    if (problems.length > 0 && !context.stopping.aborted)
      throw new CommandFailed(["The story did not end well:", ...problems].join("\n  "));
    context.out("Every patient is told, and every desk heard what concerned it.");
    if (once) return;
    context.out([`Look around at ${address} as`, ...signIns()].join("\n"));
    context.say("Stop it with Ctrl-C; the data stays.");
    await untilStopped(context.stopping);
  } finally {
    await resources.releasers.release();
  }
};

export const configureDemo: ConfigureCommand = (command, context) => {
  command
    .option("--once", "play a fresh story beside whatever data is there, and exit 0 only if it ended well")
    .action(async (options: DemoOptions) => run(context, options));
};
