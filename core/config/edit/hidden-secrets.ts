import { documentOf, pluginsOf, textsIn } from "../read/client-text.ts";
import { mask, minimumSecret } from "../read/masking.ts";

/** Stands for a secret in a text that people see and send back. */
const marker = (index: number) => `__SECRET_${index}__`;
const markers = /__SECRET_(\d+)__/g;

/**
 * Takes the secrets out of a profile's text, and puts them back into the text that comes back: each in its own place
 * alone, where nothing beside it says that it is something else now.
 */
export class HiddenSecrets {
  readonly #secrets: readonly string[];
  readonly #hidden: string;

  /** `text`: the profile as it stands. */
  constructor(secrets: readonly string[], text: string) {
    this.#secrets = [...secrets].filter((secret) => secret.length >= minimumSecret).sort((a, b) => b.length - a.length);
    this.#hidden = this.#replace(text, marker);
  }

  /** With markers. */
  get hidden(): string {
    return this.#hidden;
  }

  /** Any text of it, without a way back. */
  mask(text: string): string {
    return this.#replace(text, () => mask);
  }

  /** Undefined when a marker stands where it did not stand before. */
  reveal(text: string): string | undefined {
    const own = placesOf(this.#hidden);
    const places = [...placesOf(text)].filter(([place, { value }]) => own.get(place)?.value === value);
    const allowed = places.map(([, { range }]) => range).sort(([a], [b]) => a - b);
    const lines = new Set(this.#hidden.split("\n").filter((line) => line.includes("__SECRET_")));
    let strange = false;
    const revealed = text.replace(markers, (whole, index: string, at: number) => {
      while (allowed[0] !== undefined && allowed[0][1] <= at) allowed.shift();
      const inPlace = allowed[0] !== undefined && allowed[0][0] <= at;
      const secret = this.#secrets[Number(index)];
      if (secret !== undefined && (inPlace || lines.has(lineAt(text, at)))) return secret;
      strange = true;
      return whole;
    });
    return strange ? undefined : revealed;
  }

  #replace(text: string, by: (index: number) => string): string {
    return this.#secrets.reduce((hidden, secret, index) => hidden.replaceAll(secret, by(index)), text);
  }
}

/** The values with markers, by where they stand and for which plugin. */
function placesOf(text: string) {
  const places = new Map<string, { readonly value: string; readonly range: readonly [number, number] }>();
  const document = documentOf(text);
  if (document === undefined) return places;
  const pluginOf = pluginsOf(document);
  for (const { path, value, range } of textsIn(document)) {
    if (value.includes("__SECRET_")) places.set(JSON.stringify([path, pluginOf(path)]), { value, range });
  }
  return places;
}

/** The line, where it is a comment and nothing else: what is no value can only be given back as it was. */
function lineAt(text: string, at: number): string {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", at);
  const line = text.slice(start, end === -1 ? undefined : end);
  return /^\s*#/.test(line) ? line : "";
}
