import { newVapidKey } from "../../features/reach/index.ts";
import type { AddCommand } from "./command.ts";

/** `covershare admin vapid-keys`. A new key makes every browser that was told with the old one ask again. */
export const addVapidKeys: AddCommand = (parent, context) => {
  parent
    .command("vapid-keys")
    .description("make the key that signs messages to browsers (web push), for VAPID_PRIVATE_KEY")
    .action(() => {
      context.out(newVapidKey());
      context.say(
        "Set it as VAPID_PRIVATE_KEY of every process, and keep it: with another, browsers must be asked again.",
      );
    });
};
