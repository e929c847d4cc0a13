import { addCreateToken, addCreateUser } from "./admin-users.ts";
import { addAfterRestore } from "./backup.ts";
import type { ConfigureCommand } from "./command.ts";
import { addFallbackPage } from "./fallback-page.ts";
import { addCreateOrganisation, addSignAgreement } from "./sign-agreement.ts";
import { addVapidKeys } from "./vapid-keys.ts";
import { addVerifyAudit } from "./verify-audit.ts";

/** `covershare admin …`: what whoever runs the service does, with the rights of the machine and no user behind it. */
export const configureAdmin: ConfigureCommand = (command, context) => {
  addCreateUser(command, context);
  addCreateToken(command, context);
  addCreateOrganisation(command, context);
  addSignAgreement(command, context);
  addVerifyAudit(command, context);
  addVapidKeys(command, context);
  addAfterRestore(command, context);
  addFallbackPage(command, context);
};
