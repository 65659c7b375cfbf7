import { minimumSecret } from "../read/masking.ts";

/** Shorter pieces of an encoded secret would be found in texts that have nothing to do with it. */
const minimumForm = 8;

/**
 * The secret as it may appear in a text: as it is, in a URL, in JSON, in HTML, in hexadecimal, and in base64, whatever
 * stands before and after it there: of each alignment the part that does not depend on that.
 */
export function formsOf(secret: string): readonly string[] {
  if (secret.length < minimumSecret) return [];
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const encoded = [0, 1, 2].flatMap((skip) => {
    const rest = bytes.subarray(skip);
    const whole = rest.subarray(0, rest.length - (rest.length % 3));
    return [whole.toString("base64"), whole.toString("base64url")];
  });
  const written = [encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), inHtml(secret)];
  const long = [hex, hex.toUpperCase(), ...encoded].filter((form) => form.length >= minimumForm);
  return [...new Set([secret, ...written, ...long])];
}

function inHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replaceAll(/[&<>"']/g, (character) => names[character] ?? character);
}
