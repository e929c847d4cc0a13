import fc from "fast-check";

/** Values that break things elsewhere: wrong types, huge numbers, odd text. */
export const nastyValues: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  -0.5,
  1.5,
  2 ** 31,
  2 ** 53,
  1e308,
  "",
  " ",
  "\0",
  "CR-\0ABC",
  "\ud800",
  "a\udfffb",
  "\u202e\u200b",
  "💉".repeat(50),
  "x".repeat(5_000),
  "' or 1=1; drop table needs; --",
  "943 476 5919",
  "9999-12-31T23:59:59Z",
  "+275760-09-13T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "0001-01-01T00:00:00Z",
  "2026-02-30T00:00:00Z",
  "2026-12-24T18:30:00+23:59",
  "NaN",
  "00000000-0000-0000-0000-000000000000",
  "../../etc/passwd",
  "%00",
  "{}",
  [],
  {},
  [null],
  [[[[[[]]]]]],
  { __proto__x: 1 },
  { constructor: { prototype: {} } },
  { toString: 1 },
  { length: 1e9 },
];

export const nasty: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...nastyValues) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Replaces, drops or adds one thing somewhere inside; `choices` decide where and what. */
export const spoil = (value: unknown, choices: readonly number[], evil: unknown): unknown => {
  const [choice = 0, ...rest] = choices;
  if (rest.length === 0 || choice % 7 === 6) return evil;
  if (Array.isArray(value) && value.length > 0) {
    const at = choice % value.length;
    return value.map((part, index) => (index === at ? spoil(part, rest, evil) : (part as unknown)));
  }
  if (isRecord(value)) {
    const names = Object.keys(value);
    const name = names[choice % Math.max(1, names.length)];
    if (name === undefined || choice % 5 === 4) return { ...value, unexpected: evil };
    if (choice % 5 === 3) return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
    return { ...value, [name]: spoil(value[name], rest, evil) };
  }
  return evil;
};

const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

/** Bodies that are no JSON, or too much of it. */
export const brokenBodies: readonly string[] = [
  "",
  "{",
  '{"a":1,}',
  "nul",
  "\u0000",
  "[1,2",
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{"a":1}}}',
  '{"needs":[{"count":1e999}]}',
  '{"a":"\\ud800"}',
  '{"a":"\\u0000"}',
  deep(20_000),
  `{"a":${deep(40)}}`,
  `{"a":"${"x".repeat(70_000)}"}`,
  `{"a":"${"x".repeat(2_000_000)}"}`,
  "<xml/>",
  "a=1&b=2",
];

export const contentTypes: readonly string[] = [
  "application/json",
  "application/json; charset=latin1",
  "text/plain",
  "text/csv",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/xml",
  "application/jsonp",
  "garbage",
];
