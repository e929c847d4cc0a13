import { getTableName, type Column } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import type { Classified, Purge } from "../../platform/db/columns.ts";

/** One column of `table` that points to a column of `target`. */
export interface Link {
  readonly table: PgTable;
  readonly column: Column;
  readonly target: PgTable;
  readonly targetColumn: Column;
}

/** A table whose rows go with those of its parent, and how it is tied to it. */
export interface Branch {
  readonly table: PgTable;
  readonly link: Link;
}

/** What is purged as one: the rows of `root` that are due, and with them those of its branches. */
export interface PurgePlan {
  readonly root: PgTable;
  readonly name: string;
  readonly days: number;
  readonly purge: Exclude<Purge, { readonly with: PgTable }>;
  /** In the order of deletion: whoever points to another comes before it. */
  readonly branches: readonly Branch[];
  /** From tables that are not purged with it: a row that they still point to stays. */
  readonly visitors: readonly Link[];
}

const linksOf = (table: PgTable): (Link & { readonly cascades: boolean })[] =>
  getTableConfig(table).foreignKeys.flatMap((key) => {
    const { columns, foreignColumns, foreignTable } = key.reference();
    const [column, targetColumn] = [columns[0], foreignColumns[0]];
    if (column === undefined || targetColumn === undefined) return [];
    return [{ table, column, target: foreignTable, targetColumn, cascades: key.onDelete === "cascade" }];
  });

const daysOf = (period: string): number => Number(period.slice(1, -1));

/** Every table that goes with `root`, directly or through another, each with the link to its own parent. */
const familyOf = (root: PgTable, all: readonly Classified[]): Branch[] => {
  const family: Branch[] = [];
  const add = (parent: PgTable): void => {
    for (const { table, purge } of all) {
      if (purge === undefined || !("with" in purge) || purge.with !== parent) continue;
      const link = linksOf(table).find(({ target }) => target === parent);
      if (link === undefined) {
        throw new Error(`${getTableName(table)} goes with ${getTableName(parent)} but does not point to it`);
      }
      family.push({ table, link });
      add(table);
    }
  };
  add(root);
  return family;
};

/** Those first that nobody left points to. */
const inOrder = (branches: readonly Branch[], links: readonly Link[]): Branch[] => {
  const left = [...branches];
  const ordered: Branch[] = [];
  while (left.length > 0) {
    const at = left.findIndex(
      ({ table }) =>
        !links.some(
          (link) => link.target === table && link.table !== table && left.some((other) => other.table === link.table),
        ),
    );
    const [next] = left.splice(at, 1);
    if (at < 0 || next === undefined)
      throw new Error("tables that are purged together point at each other in a circle");
    ordered.push(next);
  }
  return ordered;
};

/** Whoever still points to the rows of another comes before it, so that one night is enough for both. */
const visitorsFirst = (plans: readonly PurgePlan[]): readonly PurgePlan[] => {
  const ordered = new Set<PurgePlan>();
  const begun = new Set<PurgePlan>();
  const add = (plan: PurgePlan): void => {
    if (begun.has(plan)) return;
    begun.add(plan);
    for (const { table } of plan.visitors) {
      const owner = plans.find(
        ({ root, branches }) => root === table || branches.some((branch) => branch.table === table),
      );
      if (owner !== undefined) add(owner);
    }
    ordered.add(plan);
  };
  for (const plan of plans) add(plan);
  return [...ordered];
};

/** What is to be purged and how, in order, from what is declared beside the tables (P5). */
export const purgePlans = (all: readonly Classified[]): readonly PurgePlan[] => {
  const links = all.flatMap(({ table }) => linksOf(table));
  const plans = all.flatMap(({ table, retention, purge }) => {
    if (retention.period === "forever" || purge === undefined || "with" in purge) return [];
    const family = familyOf(table, all);
    const inside = new Set<PgTable>([table, ...family.map((branch) => branch.table)]);
    return [
      {
        root: table,
        name: getTableName(table),
        days: daysOf(retention.period),
        purge,
        branches: inOrder(family, links),
        // What the database deletes by itself keeps nothing.
        visitors: links.filter((link) => inside.has(link.target) && !inside.has(link.table) && !link.cascades),
      },
    ];
  });
  return visitorsFirst(plans);
};

/** Tables with a period that nothing purges: a declaration is missing. */
export const neverPurged = (all: readonly Classified[]): string[] =>
  all
    .filter(({ retention, purge }) => retention.period !== "forever" && purge === undefined)
    .map(({ table }) => getTableName(table));
