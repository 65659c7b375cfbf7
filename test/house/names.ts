import { parseSync, Visitor } from "oxc-parser";

/** An interface, type, class or enum that a file declares. */
export interface TypeName {
  readonly path: string;
  readonly name: string;
  readonly exported: boolean;
}

/** Every type that a module declares at its top level. */
export function typesOf(path: string, source: string): TypeName[] {
  const found: TypeName[] = [];
  const exported = new Set<unknown>();
  const add = (node: { readonly id?: { readonly name: string } | null }) => {
    if (node.id) found.push({ path, name: node.id.name, exported: exported.has(node) });
  };
  const remember = ({ declaration }: { readonly declaration: unknown }) => void exported.add(declaration);
  new Visitor({
    ExportNamedDeclaration: remember,
    TSInterfaceDeclaration: add,
    TSTypeAliasDeclaration: add,
    TSEnumDeclaration: add,
    ClassDeclaration: add,
  }).visit(parseSync(path, source).program);
  return found;
}

/** Irregular participles that were used as names; regular ones end in `ed`. */
const irregular =
  /^(Said|Told|Wanted|Known|Seen|Sent|Held|Kept|Found|Made|Built|Drawn|Shown|Given|Taken|Left|Lost|Spent|Written|Heard|Bound|Begun|Done|Gone|Standing|Waiting|Pending|Opening|Folding|Coming)$/;

/** A name says what a thing is, so it is a noun: what is wrong with those of `types`, one line each. */
export function nameViolations(types: readonly TypeName[]): string[] {
  const homes = Map.groupBy(
    types.filter(({ exported }) => exported),
    ({ name }) => name,
  );
  const doubles = [...homes]
    .filter(([, found]) => found.length > 1)
    .map(([name, found]) => `one-name: ${name} is exported by ${found.map(({ path }) => path).join(" and ")}`);
  const participles = types
    .filter(({ name }) => irregular.test(name) || /^(?!Need$)[A-Z][a-z]+ed$/.test(name))
    .map(({ name, path }) => `no-participle: ${path} names a type ${name}; say what it is`);
  return [...doubles, ...participles];
}
