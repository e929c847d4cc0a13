import { newSpeakable } from "../ids/ids.ts";
import { openPostgresBus } from "./postgres-bus.ts";
import { openRedisBus } from "./redis-bus.ts";
import type { WakeBus, WakeBusOptions } from "./wake-bus.ts";

/** The bus that goes with the queue's side; it connects by itself and reconnects for as long as it is open. */
export const openWakeBus = (options: WakeBusOptions): WakeBus => {
  const identity = { origin: newSpeakable(12), channel: `${options.namespace ?? "covershare"}_wake` };
  return options.kind === "redis" ? openRedisBus(options, identity) : openPostgresBus(options, identity);
};
