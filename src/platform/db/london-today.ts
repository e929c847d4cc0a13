import { sql } from "drizzle-orm";

/** SQL: the instant at which today began in London (rule T1), so that no statement has to wait for the clock's answer first. */
export const londonToday = sql`(date_trunc('day', app_now() at time zone 'Europe/London') at time zone 'Europe/London')`;
