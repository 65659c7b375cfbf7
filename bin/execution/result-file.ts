/** The richest first: of a bundle that shows one value in several forms, one file is enough. */
const forms: readonly (readonly [mime: string, extension: string])[] = [
  ["image/png", "png"],
  ["image/jpeg", "jpg"],
  ["image/gif", "gif"],
  ["image/svg+xml", "svg"],
  ["application/pdf", "pdf"],
  ["text/html", "html"],
  ["application/json", "json"],
  ["text/markdown", "md"],
  ["text/latex", "tex"],
  ["text/plain", "txt"],
];

/** A shown value as the file it is saved as; undefined for one without a form that has a file. */
export function contentOfResult(
  data: Readonly<Record<string, unknown>>,
): { readonly bytes: Buffer; readonly extension: string } | undefined {
  for (const [mime, extension] of forms) {
    const value = data[mime];
    if (value === undefined || value === null) continue;
    const text = typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
    const binary = (mime.startsWith("image/") && mime !== "image/svg+xml") || mime === "application/pdf";
    return { bytes: Buffer.from(text, binary ? "base64" : "utf8"), extension };
  }
  return undefined;
}
