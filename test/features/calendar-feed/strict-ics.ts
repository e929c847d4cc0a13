/*
 * A reader of calendars that forgives nothing: no parser with a permissive licence was found that is strict about folding,
 * escaping and required properties. Throws at the first thing that RFC 5545 does not allow.
 */

export type Properties = Readonly<Record<string, string>>;

const refuse = (what: string): never => {
  throw new Error(`not a calendar: ${what}`);
};

/** §3.1: CRLF, at most 75 octets, and no empty line. */
const unfold = (text: string): string[] => {
  if (!text.endsWith("\r\n")) refuse("the last line has no end");
  const lines = text.slice(0, -2).split("\r\n");
  const whole: string[] = [];
  for (const line of lines) {
    if (/[\r\n]/.test(line)) refuse("a line break that is not CRLF");
    if (Buffer.byteLength(line) > 75) refuse(`a line of ${Buffer.byteLength(line)} octets`);
    if (Buffer.from(line, "utf8").toString("utf8") !== line || line.includes("\ufffd"))
      refuse("a character cut in two");
    if (line === "") refuse("an empty line");
    if (line.startsWith(" ")) whole.push(`${whole.pop() ?? refuse("folding before the first line")}${line.slice(1)}`);
    else whole.push(line);
  }
  return whole;
};

const TEXTS = new Set(["SUMMARY", "DESCRIPTION", "LOCATION", "NAME", "X-WR-CALNAME", "UID"]);
const TIMES = new Set(["DTSTAMP", "LAST-MODIFIED", "DTSTART", "DTEND"]);

const unescape = (value: string): string => {
  // oxlint-disable-next-line no-control-regex -- §3.1: CONTROL never stands in a value
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(value)) refuse("a control character");
  return value.replaceAll(/\\(.)|([;,])/gsu, (_whole, escaped: string | undefined, bare: string | undefined) => {
    if (bare !== undefined) return refuse(`a bare ${bare} in a text`);
    if (escaped === "n" || escaped === "N") return "\n";
    return escaped !== undefined && ["\\", ";", ","].includes(escaped) ? escaped : refuse(`\\${escaped ?? ""}`);
  });
};

const propertyOf = (line: string): readonly [name: string, value: string] => {
  const parts = /^([A-Z][A-Z0-9-]*)((?:;[A-Z-]+=[^:;,"]+)*):(.*)$/su.exec(line);
  const [, name = "", , value = ""] = parts ?? refuse(`the line ${line}`);
  if (TEXTS.has(name)) return [name, unescape(value)];
  if (TIMES.has(name) && !/^\d{8}T\d{6}Z$/.test(value)) refuse(`${name}:${value}`);
  if (name === "SEQUENCE" && !/^\d+$/.test(value)) refuse(`SEQUENCE:${value}`);
  if (name === "STATUS" && !["CONFIRMED", "CANCELLED", "TENTATIVE"].includes(value)) refuse(`STATUS:${value}`);
  return [name, value];
};

const propertiesOf = (lines: readonly string[], required: readonly string[]): Properties => {
  const found = lines.map(propertyOf);
  const names = found.map(([name]) => name);
  if (new Set(names).size !== names.length) refuse(`a property twice among ${names.join(" ")}`);
  for (const name of required) if (!names.includes(name)) refuse(`${name} is missing`);
  return Object.fromEntries(found);
};

export const readCalendar = (
  text: string,
): { readonly properties: Properties; readonly entries: readonly Properties[] } => {
  const lines = unfold(text);
  if (lines.shift() !== "BEGIN:VCALENDAR" || lines.pop() !== "END:VCALENDAR") refuse("not one VCALENDAR");
  const outside: string[] = [];
  const entries: Properties[] = [];
  let inside: string[] | undefined;
  for (const line of lines) {
    if (line === "BEGIN:VEVENT") inside = inside === undefined ? [] : refuse("an entry inside an entry");
    else if (line === "END:VEVENT") {
      entries.push(propertiesOf(inside ?? refuse("END without BEGIN"), ["UID", "DTSTAMP", "DTSTART"]));
      inside = undefined;
    } else (inside ?? outside).push(line);
  }
  if (inside !== undefined) refuse("an entry without end");
  const uids = entries.map((entry) => entry["UID"]);
  if (new Set(uids).size !== uids.length) refuse("a UID twice");
  return { properties: propertiesOf(outside, ["VERSION", "PRODID"]), entries };
};
