import fc from "fast-check";

/** Something to send, and the word for what is wrong with it. */
export interface Malformed<Content> {
  readonly kind: string;
  readonly content: Content;
}

type Path = readonly (string | number)[];

const poisonous = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then", "toJSON"];

/** Stand for texts that no value stringifies to. */
const standIns: Readonly<Record<string, string>> = {
  "@infinite@": "1e999",
  "@deep@": `${"[".repeat(80)}${"]".repeat(80)}`,
  "@deeper@": `${'{"a":'.repeat(6_000)}1${"}".repeat(6_000)}`,
  "@twice@": '{"a":1,"a":2,"__proto__":{"polluted":true}}',
};

const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, "", [], {}, -1, 0.5, 2 ** 53, -(2 ** 31) - 1, 1e308, "\0", "\ud800"),
  fc.constantFrom("../../etc/passwd", "/etc/passwd", "..\\..\\x", "%2e%2e%2f", "${env:HOME}", "\u202e", "1", "-1"),
  fc.constantFrom("x".repeat(200), "x".repeat(20_000), "é".repeat(5_000)),
  fc.constantFrom(...Object.keys(standIns)),
  fc.jsonValue({ maxDepth: 3 }),
);

const as = (kind: string, texts: fc.Arbitrary<string>) =>
  texts.map((content) => ({ kind, content: Buffer.from(content) }));

/** Valid messages of a transport, each made wrong in one place, and texts that are none. */
export function malformedJson(valid: readonly object[]): fc.Arbitrary<Malformed<Buffer>> {
  const frame = fc.constantFrom(...valid).map((value) => structuredClone(value));
  return fc.oneof(...wrongFields(frame), ...wrongTexts(frame.map((value) => JSON.stringify(value))), ...notMessages);
}

type Weighted = fc.WeightedArbitrary<Malformed<Buffer>>;

function wrongFields(frame: fc.Arbitrary<object>): readonly Weighted[] {
  const place = frame
    .filter((value) => paths(value).length > 0)
    .chain((value) => fc.record({ value: fc.constant(value), path: fc.constantFrom(...paths(value)) }));
  const changed = fc.tuple(place, junk).map(([{ value, path }, other]) => put(value, path, other));
  const added = fc
    .tuple(place, fc.oneof(fc.constantFrom(...poisonous), fc.string()), junk)
    .map(([{ value, path }, key, other]) => put(value, [...path.slice(0, -1), key], other));
  const dropped = place.map(({ value, path }) => drop(value, path));
  return [
    { weight: 6, arbitrary: as("wrong type", changed) },
    { weight: 2, arbitrary: as("missing field", dropped) },
    { weight: 2, arbitrary: as("unknown field", added) },
  ];
}

function wrongTexts(text: fc.Arbitrary<string>): readonly Weighted[] {
  const at = text.chain((whole) => fc.record({ whole: fc.constant(whole), at: fc.nat(whole.length - 1) }));
  const truncated = at.map(({ whole, at: end }) => whole.slice(0, end));
  const changed = fc
    .tuple(at, fc.string({ minLength: 1, maxLength: 4 }))
    .map(([{ whole, at: from }, more]) => whole.slice(0, from) + more + whole.slice(from + 1));
  const notUtf8 = text.map((whole) => ({
    kind: "no UTF-8",
    content: Buffer.concat([Buffer.from(whole.slice(0, -1)), Buffer.from([0xc3, 0x28, 0xff])]),
  }));
  const doubled = text.map((whole) => whole + whole);
  return [
    { weight: 2, arbitrary: as("truncated", truncated) },
    { weight: 2, arbitrary: as("changed text", changed) },
    { weight: 1, arbitrary: as("two at once", doubled) },
    { weight: 1, arbitrary: notUtf8 },
  ];
}

const notJson = fc.oneof(fc.string(), fc.constantFrom("", "NaN", "undefined", "'a'", "\ufeff{}", "{a:1}", "[1,]"));
const deep = fc.constantFrom("[", '{"a":', '[{"a":').map((open) => open.repeat(10_000));
const anyBytes = fc
  .uint8Array({ minLength: 1, maxLength: 200 })
  .map((bytes) => ({ kind: "any bytes", content: Buffer.from(bytes) }));
const notMessages: readonly Weighted[] = [
  { weight: 1, arbitrary: as("other JSON", fc.json()) },
  { weight: 1, arbitrary: as("no JSON", notJson) },
  { weight: 1, arbitrary: as("too deep", deep) },
  { weight: 1, arbitrary: anyBytes },
];

/** Every place of a value but its root. */
function paths(value: unknown, at: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return at.length === 0 ? [] : [at];
  const inner = Object.entries(value).flatMap(([key, each]) =>
    paths(each, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return at.length === 0 ? inner : [at, ...inner];
}

function parentOf(value: object, path: Path): Record<string | number, unknown> {
  return path.slice(0, -1).reduce((inner, key) => inner[key] as never, value as Record<string | number, unknown>);
}

function put(value: object, path: Path, other: unknown): string {
  const key = path.at(-1) ?? "";
  // A plain assignment to __proto__ would not make a key of it.
  Object.defineProperty(parentOf(value, path), key, {
    value: other,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return written(value);
}

function drop(value: object, path: Path): string {
  const parent = parentOf(value, path);
  if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1);
  else delete parent[path.at(-1) ?? ""];
  return written(value);
}

function written(value: unknown): string {
  let text = JSON.stringify(value, (_key, inner) => (typeof inner === "function" ? null : inner)) ?? "null";
  for (const [name, real] of Object.entries(standIns)) text = text.replace(`"${name}"`, real);
  return text;
}
