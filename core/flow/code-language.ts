/** Words after a fence that name something to read, not something to run. */
const prose = new Set(
  "text txt plaintext output stdout console log json yaml yml toml ini csv xml html css markdown md diff mermaid sql dockerfile".split(
    " ",
  ),
);

/** What models call the languages of the sandbox. Some have a word of their own for whatever is to run. */
const aliases: Readonly<Record<string, string>> = {
  python: "python",
  py: "python",
  python3: "python",
  ipython: "python",
  pycon: "python",
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

export function isProse(label: string): boolean {
  return prose.has(label);
}

/** Whether a label is one of a language that runs here, by any of its names. */
export function isRunnable(label: string): boolean {
  return Object.hasOwn(aliases, label.toLowerCase());
}

/** The language that a line of code belongs to beyond doubt. */
export function languageOfLine(line: string): string | undefined {
  return telling.find(([, pattern]) => pattern.test(line))?.[0];
}

/**
 * The language of a block. A label that its first line contradicts is wrong, and one that nobody knows gives way as well;
 * languages that exist but have no interpreter here keep their name, so that the model is told.
 */
export function languageOf(label: string, firstLine: string, otherwise: string): string {
  const told = languageOfLine(firstLine.trim());
  if (label === "") return told ?? otherwise;
  const named = aliases[label];
  return told ?? named ?? label;
}
