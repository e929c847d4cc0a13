import pg from "pg";
import { z } from "zod";

/** One connection for as long as `work` takes. */
export const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url, application_name: "covershare backup" });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** Rows of a statement, parsed. */
export const read = async <T extends z.ZodType>(client: pg.Client, schema: T, text: string): Promise<z.output<T>[]> =>
  z.array(schema).parse((await client.query<Record<string, unknown>>(text)).rows);

const nameRow = z.object({ name: z.string() });

/** Every table, so that each comes after those it points to. */
export const tablesInOrder = async (client: pg.Client): Promise<string[]> => {
  const names = (
    await read(
      client,
      nameRow,
      "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1",
    )
  ).map(({ name }) => name);
  const links = await read(
    client,
    z.object({ from: z.string(), to: z.string() }),
    `select distinct f.relname as "from", t.relname as "to" from pg_constraint c
     join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid where c.contype = 'f' and f.oid <> t.oid`,
  );
  const ordered: string[] = [];
  const add = (name: string, above: readonly string[]): void => {
    if (ordered.includes(name)) return;
    if (above.includes(name))
      throw new Error(`tables point at each other in a circle: ${[...above, name].join(" → ")}`);
    for (const { to } of links.filter(({ from }) => from === name)) add(to, [...above, name]);
    ordered.push(name);
  };
  for (const name of names) add(name, []);
  return ordered;
};

export const quoted = (name: string): string => pg.escapeIdentifier(name);
