import { signs } from "../../config/read/yaml.ts";
import { SluiceError } from "../../contract/errors.ts";
import { plural } from "../../kit/text/plural.ts";

/**
 * The most that a client may send as a profile, whatever its role: reading it takes everybody's time. Many times what
 * people write. The worst of it is still read in some hundredths of a second.
 */
const most = { characters: 64 * 1024, signs: 4_000, aliases: 100, depth: 48 };

const cure = "Write it into the file, on the machine of the host.";

/** @throws SluiceError SLUICE_CONFIG_SYNTAX */
export function boundedProfile(text: string): string {
  if (text.length > most.characters) throw tooMuch(plural(text.length, "character"), `${most.characters}`);
  let [count, aliases, depth] = [0, 0, 0];
  for (const [sign] of text.matchAll(signs)) {
    count += 1;
    if (count > most.signs) throw tooMuch(`more than ${most.signs} signs of YAML`, "no more");
    // The library looks for each alias's anchor through the whole document.
    if (sign === "*") aliases += 1;
    if (aliases > most.aliases) throw tooMuch(`more than ${most.aliases} aliases`, "no more");
    // Within quotes they mean nothing; who writes that many there has to write them into the file.
    if (sign === "[" || sign === "{") depth += 1;
    else if (sign === "]" || sign === "}") depth = Math.max(0, depth - 1);
    if (depth > most.depth) throw tooMuch(`brackets nested deeper than ${most.depth}`, "no more");
  }
  return text;
}

function tooMuch(what: string, allowed: string): SluiceError {
  return new SluiceError("SLUICE_CONFIG_SYNTAX", `a profile with ${what}; a client may send ${allowed}`, { cure });
}
