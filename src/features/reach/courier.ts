import type { ClaimedEnvelope } from "./send.repository.ts";

/**
 * What became of one try. accepted: the next server has it. refused: it never will be (`code` as the server said it).
 * gone: the address has ended for ever. later: try again; whether it arrived may be unknown, for which see `Courier`.
 */
export type Outcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "gone"; readonly code: string }
  | { readonly kind: "later"; readonly code: string };

/**
 * Carries a message out of the house; never throws. What cannot be known: SMTP has no commit that both sides see, so a
 * process that dies between the server's 250 and its own note, or a connection that breaks there, makes the message go
 * twice. Its Message-ID is then the same, and so is every word; a browser shows the second in place of the first (`tag`).
 */
export interface Courier {
  deliver(envelope: ClaimedEnvelope): Promise<Outcome>;
  close(): void;
}
