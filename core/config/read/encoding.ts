/** Bytes that are text in UTF-8, or what they are instead. */
export type TextOrFault = { readonly text: string } | EncodingFault;

export interface EncodingFault {
  /** Follows the file's name: `is UTF-16 (little-endian), not UTF-8`. */
  readonly fault: string;
  readonly cure: string;
  /** The text as far as it can be read, and where in it the fault begins. */
  readonly text: string;
  readonly at?: number;
}

interface Encoding {
  readonly name: string;
  /** What `iconv -f` and editors call it. */
  readonly label: string;
  readonly unit: 2 | 4;
  readonly mark: readonly number[];
  /** Which byte of a unit is not 0 in an ASCII letter. */
  readonly low: number;
}

/** The longer marks first: that of UTF-16 (little-endian) begins that of UTF-32. */
const wide: readonly Encoding[] = [
  { name: "UTF-32 (little-endian)", label: "UTF-32LE", unit: 4, mark: [0xff, 0xfe, 0, 0], low: 0 },
  { name: "UTF-32 (big-endian)", label: "UTF-32BE", unit: 4, mark: [0, 0, 0xfe, 0xff], low: 3 },
  { name: "UTF-16 (little-endian)", label: "UTF-16LE", unit: 2, mark: [0xff, 0xfe], low: 0 },
  { name: "UTF-16 (big-endian)", label: "UTF-16BE", unit: 2, mark: [0xfe, 0xff], low: 1 },
];

/** How much of a file is looked at to tell what it is. */
const looked = 4_096;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Nothing is converted silently: what another program reads as something else must not be run. */
export function decodeText(bytes: Uint8Array): TextOrFault {
  const encoding = wideEncoding(bytes);
  if (encoding !== undefined) return { ...wideFault(encoding.name, encoding.label), text: "" };
  try {
    return { text: strict.decode(bytes) };
  } catch {
    return narrowFault(bytes);
  }
}

/** The same for a text that somebody else has decoded: read as UTF-8, UTF-16 has a zero beside every ASCII letter. */
export function textFault(text: string): EncodingFault | undefined {
  const start = text.slice(0, looked);
  const zeros = start.split("\0").length - 1;
  return zeros * 10 > start.length ? { ...wideFault("UTF-16 or UTF-32", "UTF-16"), text: "" } : undefined;
}

function wideEncoding(bytes: Uint8Array): Encoding | undefined {
  const marked = wide.find(({ mark }) => mark.every((byte, index) => bytes[index] === byte));
  if (marked !== undefined) return marked;
  // An ASCII letter of two or four bytes has a zero: nearly every file is told by this alone.
  return bytes.subarray(0, looked).includes(0) ? wide.find((encoding) => looksLike(bytes, encoding)) : undefined;
}

/** Without a mark: keys, colons and spaces are ASCII in every profile, so many units have zeros in the same places. */
function looksLike(bytes: Uint8Array, { unit, low }: Encoding): boolean {
  const units = Math.floor(Math.min(bytes.length, looked) / unit);
  let ascii = 0;
  for (let index = 0; index < units; index += 1) {
    let letter = true;
    for (let place = 0; place < unit; place += 1) {
      if ((bytes[index * unit + place] !== 0) !== (place === low)) letter = false;
    }
    if (letter) ascii += 1;
  }
  return units > 0 && ascii * 10 > units;
}

function wideFault(name: string, label: string): Omit<EncodingFault, "text"> {
  return {
    fault: `is ${name}, not UTF-8`,
    cure: `Save it as UTF-8 in the editor, or run \`iconv -f ${label} -t UTF-8 FILE > NEW\`. In Windows PowerShell write it with \`Out-File -Encoding utf8\`.`,
  };
}

function narrowFault(bytes: Uint8Array): TextOrFault {
  return {
    fault: "is not UTF-8: a byte stands here that begins no character, as in Latin-1 and Windows-1252",
    cure: "Save it as UTF-8 in the editor, or run `iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW`.",
    text: lossy(bytes),
    at: lossy(bytes.subarray(0, firstInvalid(bytes))).length,
  };
}

/** Where the longest valid beginning ends. */
function firstInvalid(bytes: Uint8Array): number {
  let valid = 0;
  let most = bytes.length;
  while (valid < most) {
    const middle = Math.ceil((valid + most) / 2);
    if (decodes(bytes.subarray(0, middle), true)) valid = middle;
    else most = middle - 1;
  }
  while (!decodes(bytes.subarray(0, valid), false)) valid -= 1;
  return valid;
}

/** `stream`: whether a character that is cut at the end may pass. */
function decodes(bytes: Uint8Array, stream: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream });
    return true;
  } catch {
    return false;
  }
}

function lossy(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
