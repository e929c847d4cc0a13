/** The database that we were given is not of this version: its owner decides when it is migrated. */
export class SchemaBehind extends Error {
  override readonly name = "SchemaBehind";
}
