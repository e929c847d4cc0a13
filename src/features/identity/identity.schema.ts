import { z } from "zod";
import { unique } from "../../platform/lists/lists.ts";
import { roles } from "../access/index.ts";
import { holdsNhsNumber, plainText } from "../privacy/index.ts";

export const role = z.enum(roles);
const instant = z.iso.datetime();

export const emailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(
    z
      .email("Enter an email address like name@practice.nhs.uk.")
      .max(254)
      .refine((text) => !holdsNhsNumber(text), "This looks like it holds an NHS number. Please use another address."),
  );
export const personName = plainText(100);
export const organisationCode = z.string().trim().toUpperCase().min(1).max(20);
/** A password that somebody chooses. NIST SP 800-63B: length counts, composition rules do not. */
export const newPassword = z.string().min(10, "Use at least 10 characters.").max(200, "Use at most 200 characters.");
/** A password that somebody gives to be checked. */
const givenPassword = z.string().min(1, "Enter your password.").max(200, "Use at most 200 characters.");

export const signInInput = z.strictObject({
  email: emailAddress,
  password: givenPassword,
  /** Where to start acting for; without it, where this user last did, or the first by code. */
  organisation: organisationCode.optional(),
});
export type SignInInput = z.output<typeof signInInput>;

export const me = z.object({
  user: z.object({ id: z.uuid(), name: z.string(), email: z.string() }),
  organisations: z.array(z.object({ code: z.string(), name: z.string(), kind: z.string(), roles: z.array(role) })),
  actingFor: z.object({
    code: z.string(),
    name: z.string(),
    roles: z.array(role),
    groupCode: z.string().nullable(),
    mayAnswerOffers: z.boolean(),
  }),
  /** To be sent back as `x-csrf-token` with every command; null for API tokens, which need none. */
  csrfToken: z.string().nullable(),
});
export type Me = z.output<typeof me>;

export const sessionItem = z.object({
  id: z.string(),
  actingFor: z.string(),
  createdAt: instant,
  lastSeenAt: instant,
  isCurrent: z.boolean(),
});
export const switchInput = z.strictObject({ organisation: organisationCode });
export const passwordInput = z.strictObject({ currentPassword: givenPassword, password: newPassword });

export const tokenInput = z.strictObject({ name: plainText(60) });
export const tokenItem = z.object({
  id: z.uuid(),
  name: z.string(),
  organisation: z.string(),
  createdAt: instant,
  lastUsedAt: instant.nullable(),
});
/** The one answer that holds the token itself. */
export const issuedToken = z.object({ id: z.uuid(), name: z.string(), token: z.string() });

export const colleague = z.object({ id: z.uuid(), name: z.string(), email: z.string(), roles: z.array(role) });
export const openInvitation = z.object({
  email: z.string(),
  name: z.string(),
  roles: z.array(role),
  expiresAt: instant,
});
export const invitationInput = z.strictObject({
  email: emailAddress,
  name: personName,
  roles: z
    .array(role)
    .min(1, "Choose at least one role.")
    .max(5)
    .transform((list) => unique(list)),
});
/** The one answer that holds the link's token. */
export const createdInvitation = z.object({ email: z.string(), token: z.string(), expiresAt: instant });
export const acceptInput = z.strictObject({ password: newPassword });

export const idParam = z.strictObject({ id: z.uuid() });
export const sessionParam = z.strictObject({ id: z.string().regex(/^[0-9a-f]{64}$/) });
export const invitationParam = z.strictObject({ token: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });
/** Of one colleague, all at once. */
export const practiceRolesInput = z.object({ roles: z.array(z.enum(["reception", "nurse", "manager"])).max(3) });
export const userRoleParam = z.strictObject({ id: z.uuid(), role });
