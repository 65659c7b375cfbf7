export interface ToolPicture {
  /** Base64. */
  readonly data: string;
  readonly mimeType: string;
}

/** Pictures that clients of the protocol can show, the best first. */
const pictures = ["image/png", "image/jpeg", "image/webp", "image/gif"];
/** The text that a model reads best comes first. */
const texts = ["text/markdown", "text/plain", "application/json", "text/latex", "text/html", "image/svg+xml"];

/** The form of a MIME bundle that says most: a picture, else a text. Undefined for what can be shown as neither. */
export function contentOfValue(bundle: Readonly<Record<string, unknown>>): ToolPicture | string | undefined {
  for (const mimeType of pictures) {
    const data = bundle[mimeType];
    // Python breaks base64 into lines.
    if (typeof data === "string") return { data: data.replace(/\s/g, ""), mimeType };
  }
  for (const mime of texts) {
    const value = bundle[mime];
    if (value === undefined || value === null) continue;
    return typeof value === "string" ? value : JSON.stringify(value);
  }
  return undefined;
}

export function isPicture(mime: string): boolean {
  return pictures.includes(mime);
}
