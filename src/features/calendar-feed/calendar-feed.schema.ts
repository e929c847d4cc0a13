import { z } from "zod";

export const feedBody = z.strictObject({ siteId: z.uuid("This is not the id of a site.") });
export const feedParams = z.strictObject({ id: z.uuid("This is not the id of a calendar.") });

export const feedView = z.strictObject({
  id: z.uuid(),
  siteId: z.uuid(),
  siteName: z.string(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
});
export type FeedView = z.output<typeof feedView>;

/** With the path of its secret address, which is shown this once. */
export const feedWithPath = feedView.extend({ path: z.string() });
export type FeedWithPath = z.output<typeof feedWithPath>;

/** The last part of the address: anything else is no calendar, whatever it looks like. */
export const feedFile = z.strictObject({ file: z.string().max(200) });

export const tokenOf = (file: string): string | undefined => /^([A-Za-z0-9_-]{43})\.ics$/.exec(file)?.[1];
