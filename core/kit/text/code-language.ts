/** Words after a fence that name something to read, not something to run. */
const prose = new Set(
  (
    "text txt plaintext plain none raw output out result results stdout stderr console terminal log logs traceback pytb tool_output tool_outputs " +
    "outputs error errors warning exception " +
    "pycon ipython-console shell-session shellsession sh-session bash-session json jsonc json5 ndjson yaml yml toml ini " +
    "conf properties env csv tsv xml html svg css markdown md mdx rst tex latex math diff patch mermaid dot http sql " +
    "graphql dockerfile makefile gitignore"
  ).split(" "),
);

/** What models call the languages of the sandbox. Some have a word of their own for whatever is to run. */
const aliases: Readonly<Record<string, string>> = {
  python: "python",
  py: "python",
  python3: "python",
  ipython: "python",
  tool_code: "python",
  code: "python",
  execute: "python",
  javascript: "javascript",
  js: "javascript",
  node: "javascript",
  nodejs: "javascript",
  mjs: "javascript",
  bash: "bash",
  sh: "bash",
  shell: "bash",
  zsh: "bash",
};

/** First lines that are of one language and of no other one that runs here. */
const telling: readonly (readonly [string, RegExp])[] = [
  [
    "python",
    /^(import [\w.]+(\s*$|\s+as\s|\s*,)|from [\w.]+ import\s|(async )?def \w+\(.*:|class \w+[^{]*:\s*$|print\(|with .+:\s*$|for .+ in .+:\s*$)/,
  ],
  ["javascript", /^((const|let|var) [\w{[$]|console\.\w+\(|(async )?function\b.*\(|import .*['"];?\s*$)/],
  ["bash", /^#!.*\b(ba|z)?sh\b/],
];

/** Characters of a line that are looked at: what tells a language stands at its beginning. */
const looked = 1_000;
const outcome = /^\s*(Traceback \(most recent call last\):|[-+]?\d[\d\s.,%]*$|[A-Z][^()[\]{}=;]*[a-z][.!?]$)/;

export function isProse(label: string): boolean {
  return prose.has(label);
}

/**
 * Whether a block that begins so shows what was typed and what it printed, and is no program. Without a language that
 * runs here it may also be the output alone: a traceback, numbers, a sentence.
 */
export function isTranscript(label: string, line: string): boolean {
  const language = known(label);
  if (/^\s*(>>> |In \[\d+\]:)/.test(line)) return true;
  if (/^\s*\$ \S/.test(line)) return language === "bash" || label === "";
  return language === undefined && line.length <= looked && outcome.test(line);
}

/** More names by which a sandbox knows what it runs; as labels of models they stay what they are. */
const files: Readonly<Record<string, string>> = {
  ...{ cjs: "javascript", ts: "typescript", mts: "typescript", cts: "typescript", console: "bash" },
};

/** The one name of a language, whichever of its names is given; another word is its own, in small letters. */
export function canonicalLanguage(name: string): string {
  const label = name.trim().toLowerCase();
  return known(label) ?? (Object.hasOwn(files, label) ? files[label] : undefined) ?? label;
}

/** Whether a label is one of a language that runs here, by any of its names. */
export function isRunnable(label: string): boolean {
  return known(label.toLowerCase()) !== undefined;
}

/** Models name versions, such as `python3.12`. */
function known(label: string): string | undefined {
  const name = Object.hasOwn(aliases, label) ? label : label.replace(/[-.\d]+$/, "");
  return Object.hasOwn(aliases, name) ? aliases[name] : undefined;
}

/** The language that a line of code belongs to beyond doubt. */
export function languageOfLine(whole: string): string | undefined {
  const line = whole.slice(0, looked);
  return telling.find(([, pattern]) => pattern.test(line))?.[0];
}

/**
 * The language of a block. A label that its first line contradicts is wrong, and one that nobody knows gives way as well;
 * languages that exist but have no interpreter here keep their name, so that the model is told.
 */
export function languageOf(label: string, firstLine: string, otherwise: string): string {
  const told = languageOfLine(firstLine.trim());
  if (label === "") return told ?? otherwise;
  const named = known(label);
  return told ?? named ?? label;
}
