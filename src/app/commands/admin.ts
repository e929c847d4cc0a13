import { addCreateToken, addCreateUser } from "./admin-users.ts";
import { addAfterRestore } from "./backup.ts";
import type { AddCommand } from "./command.ts";
import { addFallbackPage } from "./fallback-page.ts";
import { addCreateOrganisation, addSignAgreement } from "./sign-agreement.ts";
import { addVapidKeys } from "./vapid-keys.ts";
import { addVerifyAudit } from "./verify-audit.ts";

/** `covershare admin …`: what whoever runs the service does, with the rights of the machine and no user behind it. */
export const addAdmin: AddCommand = (parent, context) => {
  const admin = parent.command("admin").description("users, tokens, organisations and agreements");
  addCreateUser(admin, context);
  addCreateToken(admin, context);
  addCreateOrganisation(admin, context);
  addSignAgreement(admin, context);
  addVerifyAudit(admin, context);
  addVapidKeys(admin, context);
  addAfterRestore(admin, context);
  addFallbackPage(admin, context);
};
