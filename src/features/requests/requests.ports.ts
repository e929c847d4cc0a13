import type { Database, Queryable, Tx } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";
import type { Author } from "../audit/index.ts";
import type { Wish } from "./drafting.service.ts";

/** What happened to needs that were out with a practice or agreed. */
export interface EndedNeeds {
  readonly requestId: string;
  /** Only needs that were offered or agreed; their own rows have already been changed, in this transaction. */
  readonly needIds: readonly string[];
  /**
   * withdrawn, sorted, returned: the need has ended. amended: it is still wanted and open again, but what it was offered
   * no longer fits; such needs never have an agreement.
   */
  readonly why: "withdrawn" | "sorted" | "returned" | "amended";
}

/** What requests ask of the features above them; wired by the composition root. */
export interface RequestPorts {
  /** Stands down the waiting offers of these needs and cancels their agreements, telling the other side (O5, H3). */
  needsEnded(tx: Tx, author: Author, ended: EndedNeeds): Promise<void>;
}

/** What the form *Ask for cover* asks of matching. */
export interface OutlookPorts {
  /** What a post would come to just now, in words; nothing is written. */
  outlookFor(
    database: Database,
    actor: Actor,
    supposed: Wish & { readonly takeFirm: boolean },
  ): Promise<{ readonly words: readonly string[] }>;
}

/** What the page of a request shows of the handover of its agreements, which is a feature above. */
export interface HandoverPorts {
  /** What is to be done next, and whom home must ring: data for the template of that feature. */
  handoverOf(q: Queryable, actor: Actor, reference: string): Promise<Readonly<Record<string, unknown>>>;
}
