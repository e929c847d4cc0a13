import type { Role } from "../access/index.ts";

/*
 * Throttling of sign-ins. Tries are counted for each pair of account and address: whoever guesses from one address slows
 * down only themselves, and neither a colleague at the next desk nor the account's owner elsewhere is locked out.
 */

/** Tries before any waiting: people mistype. */
export const FREE_TRIES = 5;
/** Seconds of the longest wait: half an hour is 48 guesses a day. */
export const LONGEST_WAIT = 1_800;
/** Without a try for so long, a pair starts afresh. */
export const FORGET_AFTER_HOURS = 24;

/** Seconds to wait after `failures` tries: none at first, then 2, 4, 8… */
export const waitAfter = (failures: number): number =>
  failures < FREE_TRIES ? 0 : Math.min(LONGEST_WAIT, 2 ** Math.min(failures - FREE_TRIES + 1, 20));

/** What is wrong with a password beyond its length, in plain words. */
export const passwordProblem = (password: string, email: string): string | undefined => {
  const plain = password.toLowerCase();
  const [local = ""] = email.split("@", 1);
  if (new Set(plain).size < 5) return "Use more different characters: three random words work well.";
  if (local.length >= 4 && plain.includes(local)) return "Leave your email address out of your password.";
  if (/^(?:password|passw0rd|qwerty|letmein|welcome|covershare)[\d!?.]*$/.test(plain))
    return "That is among the first passwords people try. Three random words work well.";
  return undefined;
};

/** Roles that reach beyond one practice: only an administrator gives them. */
const WIDE: readonly Role[] = ["broker", "admin"];

/** Whether somebody with these roles may give or take `roles` at their own organisation. */
export const mayGrant = (granter: readonly Role[], roles: readonly Role[]): boolean =>
  granter.includes("admin") || (granter.includes("manager") && !roles.some((role) => WIDE.includes(role)));

/** Who may manage colleagues: an organisation keeps at least one. */
export const managing: readonly Role[] = ["manager", "admin"];
