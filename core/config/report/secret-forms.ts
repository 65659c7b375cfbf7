import { minimumSecret } from "../read/masking.ts";

/** Shorter pieces of an encoded secret would be found in texts that have nothing to do with it. */
const minimumForm = 8;

/**
 * The secret as it may appear in a text: as it is, in a URL, in JSON and in HTML. In hexadecimal, with what languages
 * write before or between its numbers. In base64, whatever stands before and after it there: of each alignment the part
 * that does not depend on that.
 */
export function formsOf(secret: string): readonly string[] {
  if (secret.length < minimumSecret) return [];
  const bytes = Buffer.from(secret);
  const numbers = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  const units = secret.split("").map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0"));
  const hex = [
    ...["", " ", ":"].map((between) => ({ before: "", between, each: numbers })),
    ...["%", "\\x"].map((before) => ({ before, between: before, each: numbers })),
    { before: "\\u", between: "\\u", each: units },
  ].flatMap(({ before, between, each }) =>
    [each, each.map((number) => number.toUpperCase())].map((all) => before + all.join(between)),
  );
  const encoded = [0, 1, 2].flatMap((skip) => {
    const rest = bytes.subarray(skip);
    const whole = rest.subarray(0, rest.length - (rest.length % 3));
    return [whole.toString("base64"), whole.toString("base64url")];
  });
  const written = [encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), inHtml(secret)];
  const long = [...hex, ...encoded].filter((form) => form.length >= minimumForm);
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
