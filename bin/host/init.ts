import { existsSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { profileOutline, setValue } from "../../core/command-line.ts";
import { SluiceError } from "../../core/contract/index.ts";
import { ConfigError } from "../../core/index.ts";
import { didYouMean, replaceFile } from "../../core/kit/index.ts";
import { loadProfile } from "./load.ts";
import { shippedProfile, shippedProfiles } from "./profile.ts";

const file = "sluice.yaml";
/** Options of sandboxes that are asked for, and the question. */
const questions = {
  network: "Hosts that code may reach, with commas (empty: none)",
  memory: "Memory of a sandbox",
  timeout: "Time for one execution",
} as const;

type Option = keyof typeof questions;

export interface InitOptions extends Partial<Readonly<Record<Option, string>>> {
  readonly from?: string;
  readonly yes: boolean;
  readonly force: boolean;
}

/** @throws SluiceError SLUICE_USAGE; ConfigError when an answer is none that the profile can have */
export async function writeProfile(options: InitOptions): Promise<void> {
  if (existsSync(file) && !options.force) {
    throw new SluiceError("SLUICE_USAGE", `${file} is here already`, {
      cure: "Edit it; `sluice init --force` writes over it.",
    });
  }
  const ask = asker(options.yes);
  try {
    const name = options.from ?? (await ask(`Profile to begin with (${shippedProfiles().join(", ")})`, "default"));
    if (!shippedProfiles().includes(name)) {
      throw new SluiceError("SLUICE_USAGE", `no profile that comes with Sluicebox is called \`${name}\``, {
        cure: `${didYouMean(name, shippedProfiles())}\`sluice profiles\` lists them.`,
      });
    }
    const text = readFileSync(shippedProfile(name), "utf8").replace(/^# yaml-language-server:.*\n#?\n?/, "");
    let written = text;
    for (const [option, question] of Object.entries(questions) as [Option, string][]) {
      const places = placesOf(text, option);
      const now = places[0]?.value;
      if (now === undefined) continue;
      const said = options[option] ?? (await ask(question, now === "none" ? "" : now));
      if (said === "" || said === now) continue;
      for (const { pointer } of places) written = setValue(written, pointer, valueFor(option, said));
    }
    await write(written);
  } finally {
    ask.close();
  }
  process.stderr.write(`wrote ${file}\nnext: \`sluice check\`, \`sluice doctor\`, \`sluice up\`\n`);
}

/** Where instances of the profile give that option as one word. */
function placesOf(text: string, option: Option): { readonly pointer: string; readonly value: string }[] {
  return Object.entries(profileOutline(text)).flatMap(([id, { options }]) => {
    const value = options[option];
    return typeof value === "string" ? [{ pointer: `/plugins/${id}/with/${option}`, value }] : [];
  });
}

function valueFor(option: Option, said: string): unknown {
  return option === "network" ? { allow: said.split(",").map((host) => host.trim()) } : said;
}

/** Written first and checked then: a profile is checked where it stands. What is wrong is taken back. */
async function write(text: string): Promise<void> {
  const before = existsSync(file) ? readFileSync(file) : undefined;
  replaceFile(file, text);
  const result = await loadProfile(file);
  if (result.plan !== undefined) return;
  if (before !== undefined) replaceFile(file, before);
  else rmSync(file);
  throw new ConfigError(result);
}

interface Asker {
  (question: string, fallback: string): Promise<string>;
  close(): void;
}

/** Questions at a terminal; elsewhere each has its default for an answer. */
function asker(quiet: boolean): Asker {
  if (quiet || !process.stdin.isTTY)
    return Object.assign(async (_: string, fallback: string) => fallback, { close() {} });
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const ask = async (question: string, fallback: string) =>
    (await reader.question(`${question}${fallback === "" ? "" : ` [${fallback}]`}: `)).trim() || fallback;
  return Object.assign(ask, { close: () => reader.close() });
}
