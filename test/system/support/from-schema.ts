import fc from "fast-check";
import { z } from "zod";

/*
 * Values that fit a JSON Schema, for the part of the language that our zod schemas come out as. What the schema does not
 * say (refinements) is met by chance, or by the hints: known good values by the name of a property.
 */

export type Hints = Readonly<Record<string, readonly unknown[]>>;

const several = z.looseObject({ type: z.array(z.string()).min(1) });

const node = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  format: z.string().optional(),
  pattern: z.string().optional(),
});
type Node = z.output<typeof node>;

const DAY = 86_400_000;

/** Instants around now, so that some windows are open: tests of refusals need no held clock. */
const instants = fc
  .integer({ min: -2 * 96, max: 30 * 96 })
  .map((quarters) => new Date(Math.ceil(Date.now() / DAY) * DAY + quarters * 900_000).toISOString());

const strings = (schema: Node): fc.Arbitrary<unknown> => {
  const { format, pattern, minLength = 0, maxLength = 60 } = schema;
  if (format === "date-time") return instants;
  if (format === "date") return instants.map((text) => text.slice(0, 10));
  if (format === "uuid") return fc.uuid({ version: 7 });
  if (format === "email") return fc.stringMatching(/^[a-z]{5,12}@[a-z]{5,10}\.example$/);
  if (pattern !== undefined) {
    try {
      return fc.stringMatching(new RegExp(pattern, "u"));
    } catch {
      // A pattern that fast-check does not know: any text, which is refused.
    }
  }
  const max = Math.max(minLength, Math.min(maxLength, 60));
  return fc.oneof(
    fc.string({ minLength, maxLength: max }),
    fc.string({ minLength, maxLength: max, unit: "grapheme" }),
    fc.stringMatching(new RegExp(`^[a-z]{${Math.max(1, minLength)},${Math.max(1, max)}}$`)),
  );
};

const objects = (schema: Node, hints: Hints): fc.Arbitrary<unknown> => {
  const entries = Object.entries(schema.properties ?? {}).map(([name, part]) => {
    const known = hints[name] ?? [];
    const generated = arbitraryOf(part, hints);
    return [
      name,
      known.length === 0
        ? generated
        : fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: generated }),
    ] as const;
  });
  return fc.record(Object.fromEntries(entries), { requiredKeys: [...(schema.required ?? [])] });
};

export const arbitraryOf = (input: unknown, hints: Hints = {}): fc.Arbitrary<unknown> => {
  const types = several.safeParse(input).data?.type;
  if (types !== undefined)
    return fc.oneof(...types.map((type) => arbitraryOf({ ...z.looseObject({}).parse(input), type }, hints)));
  const schema = node.parse(input ?? {});
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return fc.oneof(...branches.map((branch) => arbitraryOf(branch, hints)));
  if (schema.allOf !== undefined)
    return arbitraryOf(Object.assign({}, schema, { allOf: undefined }, ...schema.allOf), hints);
  switch (schema.type) {
    case "string":
      return strings(schema);
    case "integer":
    case "number": {
      const min = Math.max(schema.minimum ?? 0, -1_000);
      const max = Math.max(min, Math.min(schema.maximum ?? 100, 1_000));
      return fc.integer({ min: Math.ceil(min), max: Math.floor(max) });
    }
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(arbitraryOf(schema.items, hints), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.max(schema.minItems ?? 0, Math.min(schema.maxItems ?? 3, 3)),
      });
    case "object":
      return objects(schema, hints);
    case undefined:
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
};
