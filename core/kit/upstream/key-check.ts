import { SluiceError } from "../../contract/errors.ts";
import type { RemoteModelConfig } from "./remote-config.ts";

/**
 * Refuses keys and header values that no HTTP header carries, and those that were copied with something around them: the
 * provider would answer that the key is wrong, or nothing at all. @throws SluiceError SLUICE_MODEL_AUTH, without the key
 */
export function refuseBadKeys({ apiKey, headers }: Pick<RemoteModelConfig, "apiKey" | "headers">, id: string): void {
  const fault = apiKey === undefined || apiKey === "" ? undefined : faultOfKey(apiKey);
  if (fault !== undefined) throw bad(id, "apiKey", fault);
  for (const [name, value] of Object.entries(headers)) {
    const wrong = faultOfText(value);
    if (wrong !== undefined) throw bad(id, `headers.${name}`, wrong);
  }
}

function bad(id: string, option: string, fault: string): SluiceError {
  return new SluiceError("SLUICE_MODEL_AUTH", `${id}: \`${option}\` ${fault}. Nothing was sent.`, {
    cure: `Write the value of \`${option}\` anew, or the file or variable that it comes from, without anything around it.`,
  });
}

function faultOfKey(key: string): string | undefined {
  if (key.trim() === "") return "is blank";
  if (/^["'`“”‘’]|["'`“”‘’]$/.test(key.trim())) return "has quotation marks around it";
  return faultOfText(key) ?? (/\s/.test(key) ? "has a blank in it" : undefined);
}

function faultOfText(value: string): string | undefined {
  if (value.startsWith("\ufeff")) return "begins with a byte order mark";
  if (/[\r\n]/.test(value)) return "has a line break in it";
  const odd = /[^\t\x20-\x7e]/u.exec(value)?.[0];
  if (odd === undefined) return undefined;
  const point = odd.codePointAt(0) ?? 0;
  return `has a character that is not ASCII (U+${point.toString(16).toUpperCase().padStart(4, "0")})`;
}
