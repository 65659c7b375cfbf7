import { mask, minimumSecret } from "./secrets.ts";

/** Stands for a secret in a text that people see and send back. */
const marker = (index: number) => `__SECRET_${index}__`;

/** Takes the secrets out of a profile's text, and puts them back into the text that comes back. */
export class HiddenSecrets {
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    this.#secrets = [...secrets].filter((secret) => secret.length >= minimumSecret).sort((a, b) => b.length - a.length);
  }

  hide(text: string): string {
    return this.#secrets.reduce((hidden, secret, index) => hidden.replaceAll(secret, marker(index)), text);
  }

  /** The same without a way back. */
  mask(text: string): string {
    return this.#secrets.reduce((hidden, secret) => hidden.replaceAll(secret, mask), text);
  }

  reveal(text: string): string {
    return text.replace(/__SECRET_(\d+)__/g, (whole, index: string) => this.#secrets[Number(index)] ?? whole);
  }
}
