import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Discoverer, importPlugin, loadPlan } from "../../core/command-line.ts";
import { type PluginDefinition, type PluginManifest, SluiceError, textOfThrown } from "../../core/contract/index.ts";
import { parseJsonObject } from "../../core/kit/index.ts";
import { type ContractSubject, contractSuite, lifecycleSuite } from "../../core/testing/index.ts";
import { optionRows } from "../plan/option-rows.ts";
import { good, type Mark, notice, problem } from "./finding.ts";

/** Looks at a plugin's folder as a compiler would: what is written, what the module exports, how it behaves. */
export async function* grade(folder: string): AsyncIterable<Mark> {
  const found = await new Discoverer().find(resolve(folder), process.cwd());
  if ("failure" in found) {
    yield problem("manifest", found.failure.message, found.failure.cure ?? "See docs/plugins.md.");
    return;
  }
  const { plugin } = found;
  yield good("manifest");
  yield* gradeOptions(plugin.manifest);
  yield* gradeErrors(plugin.manifest, plugin.entry);
  yield* gradePackage(folder, plugin.manifest);
  yield* gradeReadme(folder, plugin.manifest);
  try {
    const module = (await importPlugin(plugin)) as Partial<PluginDefinition>;
    yield good("module");
    if ((module.check !== undefined) !== (plugin.manifest.checks === true)) {
      const what = module.check === undefined ? "says `checks`, and the module has no check" : "does not say `checks`";
      yield problem("checks", `the manifest ${what}`, "Bring manifest and module into step.");
    }
  } catch (error) {
    const { message, cure } = SluiceError.from(error);
    yield problem("module", message, cure);
    return;
  }
  yield* behave(folder, plugin.manifest);
}

function* gradeOptions({ config }: PluginManifest): Iterable<Mark> {
  const bare = optionRows(config).filter(
    ([, , description = ""]) => description === "" || /^One of /.test(description),
  );
  for (const [name] of bare) {
    yield problem(
      "options",
      `\`${name}\` has no description`,
      "Say what it is, in a sentence: `plugins info` shows it.",
    );
  }
  if (config["additionalProperties"] !== false) {
    yield problem(
      "options",
      "unknown options are taken",
      'Say "additionalProperties": false, so that slips are found.',
    );
  }
  if (bare.length === 0) yield good("options");
}

/** Codes of its own that the module throws, and the manifest does not declare. */
function* gradeErrors({ errors = {} }: PluginManifest, entry: string): Iterable<Mark> {
  const thrown = new Set(readFileSync(entry, "utf8").match(/\bPLUGIN_[A-Z0-9_]+\b/g) ?? []);
  const missing = [...thrown].filter((code) => !Object.hasOwn(errors, code));
  for (const code of missing) {
    yield problem("errors", `${code} is thrown, and not declared`, "Declare it under errors: of plugin.json.");
  }
  if (missing.length === 0) yield good("errors");
}

function* gradePackage(folder: string, { name }: PluginManifest): Iterable<Mark> {
  const file = join(folder, "package.json");
  if (!existsSync(file)) {
    yield notice("package", "there is no package.json", "Add one to publish it; `use: ./folder` needs none.");
    return;
  }
  const found = parseJsonObject(readFileSync(file, "utf8"), { from: file }) as Readonly<Record<string, unknown>>;
  const faults: [string, string][] = [];
  const keywords = Array.isArray(found["keywords"]) ? found["keywords"] : [];
  if (!keywords.includes("sluicebox-plugin"))
    faults.push(["no keyword `sluicebox-plugin`", "`plugins search` finds it by that."]);
  if (typeof found["license"] !== "string") faults.push(["no license", "Name it, and add its text as LICENSE."]);
  if (found["type"] !== "module") faults.push(['no "type": "module"', "Plugins are modules."]);
  if (!("sluicebox" in ((found["peerDependencies"] ?? {}) as object)))
    faults.push(["no peer dependency on sluicebox", "A copy of its own would have other tokens than the host."]);
  const files = found["files"];
  if (Array.isArray(files) && !files.includes("plugin.json"))
    faults.push(["`files` without plugin.json", "Add it: npm would leave it out."]);
  for (const [what, cure] of faults) yield problem("package", `${name} has ${what}`, cure);
  if (faults.length === 0) yield good("package");
  if (found["license"] === "UNLICENSED")
    yield notice("licence", "it is UNLICENSED", "Choose one before you publish it.");
}

function* gradeReadme(folder: string, { config }: PluginManifest): Iterable<Mark> {
  const file = join(folder, "README.md");
  const text = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const silent = text === undefined ? [] : optionRows(config).filter(([name = ""]) => !text.includes(`\`${name}\``));
  if (text === undefined) {
    // What is used by its path is read where it lies; what is published has to say what it is.
    const tell = existsSync(join(folder, "package.json")) ? problem : notice;
    yield tell("README", "there is no README.md", "Say what it does, and list its options.");
  }
  for (const [name] of silent)
    yield problem("README", `it says nothing of the option \`${name}\``, "Add a line for it.");
  if (text !== undefined && silent.length === 0) yield good("README");
}

/** Its lifecycle and the contract of its kind, with the options and flows of the profile beside it. */
async function* behave(folder: string, manifest: PluginManifest): AsyncIterable<Mark> {
  const subject = await subjectOf(folder, manifest);
  if (subject === undefined) {
    const cure = "Add a sluice.yaml with `use: .` and the options that it needs.";
    yield problem("profile", "no profile beside it shows how it is used", cure);
    return;
  }
  for (const { name, run } of [...lifecycleSuite(subject), ...contractSuite(subject)]) {
    try {
      await run();
      yield good(name);
    } catch (error) {
      yield problem(name, textOfThrown(error), "See the promises of its kind in docs/plugins.");
    }
  }
}

async function subjectOf(folder: string, { kind }: PluginManifest): Promise<ContractSubject | undefined> {
  const file = join(folder, "sluice.yaml");
  if (!existsSync(file)) return undefined;
  const { plan } = await loadPlan({ file, cwd: process.cwd(), env: process.env });
  const own = plan?.instances.find(({ plugin }) => resolve(plugin.folder) === resolve(folder));
  if (plan === undefined || own === undefined) return undefined;
  const written = ((plan.display as { plugins?: unknown }).plugins ?? {}) as Readonly<Record<string, GradedFile>>;
  const { [own.id]: subject, ...others } = written;
  const named = { others, flows: plan.expressions, config: subject?.with ?? {} };
  // The suites call it `subject`, whatever it is called in the profile.
  const renamed = renamedIn(named, own.id) as Pick<ContractSubject, "others" | "flows" | "config">;
  return { kind, use: ".", host: { cwd: resolve(folder) }, ...renamed };
}

interface GradedFile {
  readonly use: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

function renamedIn(value: unknown, id: string): unknown {
  if (value === id) return "subject";
  if (Array.isArray(value)) return value.map((each) => renamedIn(each, id));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, renamedIn(each, id)]));
}
