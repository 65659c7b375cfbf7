/**
 * Writes the pages that say what the code says: `docs/errors.md` comes from the error registry, and the tables of
 * options in the READMEs of plugins from their manifests. The table of authority stands in `docs/security.md`. `npm run
 * generate:docs`; with `--check` it writes nothing and exits 1 when a committed page is out of step.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { exitCodeOf } from "../core/contract/errors.ts";
import { errorCodes } from "../core/contract/index.ts";
import { apiReports } from "./api-report.ts";
import { withAuthority } from "./authority-tables.ts";
import { withOptions } from "./options-table.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const groups: readonly (readonly [prefix: string, title: string])[] = [
  ["SLUICE_CONFIG_", "Profiles"],
  ["SLUICE_PLUGIN_", "Plugins"],
  ["SLUICE_DOCKER_", "Docker"],
  ["SLUICE_SANDBOX_", "Sandboxes"],
  ["SLUICE_FILE_", "Files"],
  ["SLUICE_MODEL_", "Models"],
  ["SLUICE_WIRE_", "The wire"],
  ["SLUICE_", "Host and runs"],
];

/** `docs/errors.md`, whole. */
export function errorsPage(): string {
  const left = new Map(Object.entries(errorCodes));
  const sections = groups.map(([prefix, title]) => {
    const entries = [...left].filter(([code]) => code.startsWith(prefix)).sort(([a], [b]) => a.localeCompare(b));
    for (const [code] of entries) left.delete(code);
    const parts = entries.map(
      ([code, entry]) =>
        `### ${code}\n\n${entry.when}\n\n- Class: \`${entry.class}\`, exit code ${exitCodeOf(entry.class)}${entry.retryable ? ", worth trying again" : ""}\n- Cure: ${entry.cure}\n`,
    );
    return `## ${title}\n\n${parts.join("\n")}`;
  });
  return `# Errors

Every failure has a code, a message that names the thing, and a cure. The code is the same on the command line, in an
\`error\` event, over the wire and in code (\`SluiceError.code\`). This page is generated from the registry in
\`core/contract/error-codes/\`; a place that knows better gives a more exact cure than the one here.

\`\`\`
error[SLUICE_DOCKER_UNAVAILABLE]: the engine at /var/run/docker.sock cannot be reached
  = Start Docker (\`dockerd\`, or the desktop application), or set DOCKER_HOST; \`sluice doctor\` tells more.
\`\`\`

| exit code | meaning |
|---|---|
| the program's own | it ran and ended by itself |
| 1 | a test of a profile failed |
| 2 | the command line does not fit |
| 69 | something needed is not there, or refused |
| 70 | a fault of Sluicebox itself |
| 78 | the profile is faulty |
| 124 | a time-out passed |
| 130 | interrupted with Ctrl-C |
| 128 + n | the program was ended by signal n; 137 also when it ran out of memory |

${sections.join("\n")}`;
}

/** Every page that is derived, whole, by its path; READMEs of plugins only where they have marks for a table. */
function* pages(): Generator<readonly [path: string, wanted: string]> {
  yield ["docs/errors.md", errorsPage()];
  yield ["docs/security.md", withAuthority(read("docs/security.md"))];
  yield* apiReports();
  for (const name of readdirSync(join(root, "plugins")).sort()) {
    const path = `plugins/${name}/README.md`;
    const manifest = read(`plugins/${name}/plugin.json`);
    const wanted = manifest === "" ? undefined : withOptions(read(path), JSON.parse(manifest).config);
    if (wanted !== undefined) yield [path, wanted];
  }
}

/** Empty for a file that is not there, which is out of step with anything. */
function read(path: string): string {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return "";
  }
}

if (import.meta.filename === process.argv[1]) {
  const stale = [...pages()].filter(([path, wanted]) => read(path) !== wanted);
  if (!process.argv.includes("--check")) for (const [path, wanted] of stale) writeFileSync(join(root, path), wanted);
  else if (stale.length > 0) {
    console.error(`out of step: ${stale.map(([path]) => path).join(", ")}\nrun: npm run generate:docs`);
    process.exitCode = 1;
  }
}
