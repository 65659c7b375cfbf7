/**
 * What each entry of the package exports, as declarations without comments, one report per entry in `schema/api/`. They
 * are committed. A change of what others depend on shows in the difference, and fails the check until it is meant. `npm
 * run generate:docs` writes them.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Node, parseSync } from "oxc-parser";

const root = join(import.meta.dirname, "..");

/** `sluicebox`, `sluicebox/contract` and so on, by the file that is the entry. */
export const entries: Readonly<Record<string, string>> = {
  sluicebox: "core/index.ts",
  contract: "core/contract/index.ts",
  kit: "core/kit/index.ts",
  client: "core/client/index.ts",
  testing: "core/testing/index.ts",
};

/** Name of an export to its declaration, which functions with overloads have several of. */
type Exports = Map<string, string[]>;

/** Each report by its path from the root. */
export function* apiReports(): Generator<readonly [path: string, report: string]> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-api-"));
  try {
    const options = ["-p", "tsconfig.build.json", "--emitDeclarationOnly", "--outDir", folder];
    execFileSync(join(root, "node_modules/.bin/tsc"), options, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    const read = new Declarations(folder);
    for (const [name, entry] of Object.entries(entries)) {
      const exported = [...read.of(entry)].sort(([a], [b]) => (a < b ? -1 : 1));
      const title = name === "sluicebox" ? name : `sluicebox/${name}`;
      const texts = exported.map(([, declarations]) => declarations.join("\n"));
      yield [`schema/api/${name}.d.txt`, `${title}: ${exported.length} names\n\n${texts.join("\n\n")}\n`];
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Declarations {
  readonly #folder: string;
  readonly #known = new Map<string, Exports>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What a module exports, by the path of its source. */
  of(path: string): Exports {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const found: Exports = new Map();
    this.#known.set(path, found);
    const source = readFileSync(join(this.#folder, path.replace(/\.ts$/, ".d.ts")), "utf8");
    const { program } = parseSync(path.replace(/\.ts$/, ".d.ts"), source);
    for (const statement of program.body) {
      if (statement.type === "ExportAllDeclaration") {
        for (const each of this.of(join(dirname(path), statement.source.value))) found.set(...each);
      } else if (statement.type === "ExportNamedDeclaration") {
        if (statement.declaration) {
          const text = plain(source.slice(statement.start, statement.end));
          for (const name of namesOf(statement.declaration)) found.set(name, [...(found.get(name) ?? []), text]);
        } else {
          for (const { local, exported } of statement.specifiers) {
            const name = nameOf(exported);
            const from = statement.source?.value;
            const there = from?.startsWith(".") ? this.of(join(dirname(path), from)).get(nameOf(local)) : undefined;
            found.set(name, there ?? [`export { ${name} } from "${from ?? path}";`]);
          }
        }
      }
    }
    return found;
  }
}

/** Without comments, private members and the blank lines they leave. */
function plain(declaration: string): string {
  return declaration
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, "")
    .replaceAll(/^\s*(#private|private .*);$/gm, "")
    .replaceAll(/\n\s*\n/g, "\n")
    .replaceAll(/[ \t]+$/gm, "");
}

function namesOf(declaration: Node): string[] {
  if (declaration.type === "VariableDeclaration") return declaration.declarations.map(({ id }) => nameOf(id));
  return "id" in declaration && declaration.id ? [nameOf(declaration.id as Node)] : [];
}

function nameOf(node: Node): string {
  return node.type === "Identifier" ? node.name : node.type === "Literal" ? String(node.value) : "";
}
