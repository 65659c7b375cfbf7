import type { Import, Module } from "./imports.ts";

/** Says what is wrong with one import, or nothing. */
type Rule = (edge: Import) => string | undefined;

const ours = /^(core|plugins|bin|schema|test)\//;
const isPackage = (target: string) => !ours.test(target) && !target.startsWith("node:");

/** Packages that only one place may know, because it wraps them. */
const wrapped: Readonly<Record<string, string>> = {
  tsyringe: "core/plugin/container.ts",
  "reflect-metadata": "core/plugin/container.ts",
};

/** Packages at home in every folder: the grammar of streams, and how two texts differ (the page brings its own copy). */
const everywhere = new Set(["rxjs", "diff"]);

const notInCore = /^(dockerode|ws|fastify|react|react-dom|node-llama-cpp|@oclif\/|@ai-sdk\/(?!provider$))/;

/** What the package exports, and so the only files of the core that a plugin may name. */
const published = /^core\/((contract|kit|client|testing)\/)?index\.ts$/;

/** The page runs in browsers, where the rest of the kit does not. */
const publishedToPages = /^core\/kit\/(flow|transcript)\/index\.ts$/;

/** The folders of the core, each made of those before it. Contract, kit and client have rules of their own. */
const layers = ["contract", "kit", "config", "plugin", "flow", "journal", "run", "instances", "host"];
const layerOf = (path: string) => layers.findIndex((layer) => path.startsWith(`core/${layer}/`));

/** From a text to a checked plan. */
const configSteps = ["read", "schema", "flows", "report", "edit"];
const configStep = (path: string) => configSteps.findIndex((step) => path.startsWith(`core/config/${step}/`));

const rules: Readonly<Record<string, Rule>> = {
  "contract-stands-alone": ({ from, to, typeOnly }) =>
    from.startsWith("core/contract/") && !to.startsWith("core/contract/") && !(to === "rxjs" && typeOnly)
      ? "the contract knows nobody: it imports itself, and types of rxjs"
      : undefined,
  "kit-stands-on-the-contract": ({ from, to }) =>
    from.startsWith("core/kit/") && to.startsWith("core/") && !/^core\/(contract|kit)\//.test(to)
      ? "the kit is for anybody's plugin: it imports the contract and itself"
      : undefined,
  "untrusted-stands-below": ({ from, to, typeOnly }) =>
    from.startsWith("core/kit/untrusted/") &&
    ours.test(to) &&
    !/^core\/(kit\/(untrusted|text)|contract)\//.test(to) &&
    !typeOnly
      ? "everybody's parser runs everywhere: it imports the contract"
      : undefined,
  "core-stands-alone": ({ from, to }) =>
    from.startsWith("core/") && (/^(plugins|bin)\//.test(to) || notInCore.test(to))
      ? "the core knows no plugin, no command and none of their packages"
      : undefined,
  "core-goes-forward": ({ from, to }) =>
    layerOf(from) > layers.indexOf("kit") &&
    /^core\/[^/]+\//.test(to) &&
    !(layerOf(to) <= layerOf(from) && layerOf(to) >= 0)
      ? `the layers are ${layers.join(", ")}, and none needs a later one`
      : undefined,
  "config-goes-forward": ({ from, to }) =>
    configStep(from) >= 0 && configStep(to) > configStep(from)
      ? `the steps are ${configSteps.join(", ")}, and none needs a later one`
      : undefined,
  "client-runs-in-browsers": ({ from, to, typeOnly }) =>
    from.startsWith("core/client/") &&
    !typeOnly &&
    !/^(core\/(client|contract|kit\/(text|timing|untrusted|transcript))\/|rxjs$)/.test(to)
      ? "the client runs in browsers: it imports the contract, the browser-safe part of the kit and rxjs"
      : undefined,
  "browser-safe": ({ from, to, typeOnly }) =>
    /^core\/(contract|kit\/(flow|text|timing|transcript))\//.test(from) && to.startsWith("node:") && !typeOnly
      ? "it runs in browsers as well"
      : undefined,
  "plugins-use-published-entries": ({ from, to }) => {
    const own = /^plugins\/[^/]+\//.exec(from)?.[0];
    if (own === undefined || !ours.test(to) || to.startsWith(own)) return undefined;
    // How a page is built is no part of its plugin.
    if (/\/(vite|rolldown)\.config\.ts$/.test(from) && to === "bin/supply.ts") return undefined;
    if (/^plugins\/[^/]+\/page\//.test(from) && publishedToPages.test(to)) return undefined;
    return published.test(to) ? undefined : "a plugin imports the published entries of the package and itself";
  },
  "plugins-make-no-host": ({ from, to }) =>
    from.startsWith("plugins/") && to === "core/index.ts"
      ? "a plugin is given its host: it imports the contract and the kit"
      : undefined,
  "bin-uses-published-entries": ({ from, to }) =>
    from.startsWith("bin/") && /^(core|plugins)\//.test(to) && !published.test(to) && to !== "core/command-line.ts"
      ? "a command imports the published entries and core/command-line.ts"
      : undefined,
  "command-line-is-for-bin": ({ from, to }) =>
    to === "core/command-line.ts" && /^(core|plugins)\//.test(from) ? "only commands import it" : undefined,
  "nothing-imports-tests": ({ from, to }) =>
    !from.startsWith("test/") && to.startsWith("test/") ? "what ships does not import tests" : undefined,
  "wrapped-packages": ({ from, to }) =>
    wrapped[to] !== undefined && wrapped[to] !== from ? `only ${wrapped[to]} imports ${to}` : undefined,
};

/** Where the bare parser of the language reads files of this package; all else comes from outside. */
const mayParse =
  /^(core\/kit\/untrusted\/parse-json\.ts|core\/host\/version\.ts|bin\/(main\.ts|run\.js)|plugins\/websocket\/frames\.ts|plugins\/web-monitor\/page\/.*)$/;
const parsers = new Set(["JSON.parse", "json()"]);

/** `verify` compares the supervisor that runs in a container with the one that was shipped. */
const mayNamePlugins = /^bin\/verify\/surroundings\.ts$/;

/** What makes, fills or opens a file where its path says, through links and with the rights of the umask. */
const writes =
  /^(\*|(appendFile|chmod|copyFile|cp|createWriteStream|lchown|link|mkdir|open|symlink|truncate|writeFile)(Sync)?)$/;
/**
 * Who may: the two that everybody else uses, and what writes nothing of ours. Those make files that a person names, by
 * a call that is refused where the name is taken; open files to read them; or work in a folder that was just made.
 */
const mayWrite = new RegExp(
  `^(${[
    "core/kit/(private-files|make-folder)",
    "core/kit/untrusted/plain-file",
    "plugins/docker-sandbox/image-build/node",
    "plugins/llm-local/download",
    "bin/manifest",
    "bin/author/scaffold",
    "bin/chat/protocol",
    "bin/execution/(files|target-folder|recording)",
    "bin/gate/gate",
    "bin/host/(detached|host-file)",
    "bin/verify/(surroundings|cases/files)",
  ].join("|")})\\.ts$`,
);

const mayTouchProcess = /^(bin\/|core\/config\/|plugins\/log-console\/|core\/plugin\/guard\/guard-exit\.ts$)/;

/** Everything in `modules` that the house does not allow, one line each. */
/** For the test that plants a violation of each. */
export const ruleNames: readonly string[] = Object.keys(rules);

export function violations(modules: readonly Module[]): string[] {
  const edges = modules.flatMap((module) => module.imports);
  const found = edges.flatMap((edge) =>
    Object.entries(rules).flatMap(([name, rule]) => {
      const problem = rule(edge);
      return problem === undefined ? [] : [`${name}: ${edge.from} imports ${edge.to}; ${problem}`];
    }),
  );
  const known = new Set(modules.map((module) => module.path));
  for (const { from, to } of edges) {
    if (/^(core|plugins|bin)\/.*\.tsx?$/.test(to) && !known.has(to)) found.push(`missing: ${from} imports ${to}`);
  }
  for (const { path, fileCalls } of modules) {
    const written = fileCalls.filter((name) => writes.test(name));
    if (written.length > 0 && !mayWrite.test(path) && !/\/vite\.config\.ts$/.test(path))
      found.push(
        `private-files: ${path} uses ${written.join(", ")}; what we keep is written by core/kit/private-files.ts`,
      );
  }
  for (const { path, globals } of modules) {
    const parsed = globals.filter((name) => parsers.has(name));
    const touched = globals.filter((name) => !parsers.has(name));
    if (touched.length > 0 && !mayTouchProcess.test(path)) found.push(`process: ${path} uses ${touched.join(", ")}`);
    if (parsed.length > 0 && !mayParse.test(path))
      found.push(`one-parser: ${path} uses ${parsed.join(", ")}; what comes from outside passes parseJson`);
  }
  return [...found, ...namedPlugins(modules), ...sharedPackages(edges), ...cycles(modules)];
}

/**
 * Outside of `plugins/` nobody is asked by name, so that anybody's plugin can do what ours can. A message may give one for
 * an example; a text that is a plugin's name, or a path into its folder, decides something.
 */
function namedPlugins(modules: readonly Module[]): string[] {
  const names = new Set(modules.flatMap(({ path }) => /^plugins\/([^/]+)\//.exec(path)?.[1] ?? []));
  return modules.flatMap(({ path, texts }) => {
    if (path.startsWith("plugins/") || mayNamePlugins.test(path)) return [];
    const found = texts.filter(
      (text) => names.has(text) || names.has(/^(?:dist\/)?plugins\/([^/]+)/.exec(text)?.[1] ?? ""),
    );
    return found.map((text) => `no-plugin-by-name: ${path} says "${text}"; ask for a capability`);
  });
}

/** `core/run/run.ts` is of `core/run`, a command of `bin`, a plugin's file of its plugin. */
function folderOf(path: string): string {
  const [top = "", next = ""] = path.split("/");
  return top === "bin" ? "bin" : `${top}/${next}`;
}

function sharedPackages(edges: readonly Import[]): string[] {
  const homes = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    if (!isPackage(to) || everywhere.has(to)) continue;
    homes.set(to, (homes.get(to) ?? new Set()).add(folderOf(from)));
  }
  return [...homes].flatMap(([name, folders]) =>
    folders.size > 1 ? [`one-folder: ${name} is imported by ${[...folders].sort().join(" and ")}`] : [],
  );
}

/** Cycles of files, by types as well: who reads one of them reads all. Each is named by its way round. */
function cycles(modules: readonly Module[]): string[] {
  const next = new Map(
    modules.map(({ path, imports }) => [path, imports.filter(({ lazy }) => !lazy).map(({ to }) => to)]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) found.push(`cycle: ${[...way.slice(start), path].join(" -> ")}`);
    if (start >= 0 || done.has(path)) return;
    for (const to of next.get(path) ?? []) visit(to, [...way, path]);
    done.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return found;
}
