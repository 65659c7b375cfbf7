/** Whether a text is base64, with or without breaks of lines and its padding. */
export function isBase64(text: string): boolean {
  // Without the blanks at its end, no two parts of the pattern share a character: it takes as long as the text is.
  return /^[A-Za-z0-9+/\s]*={0,2}$/.test(text.trimEnd());
}
