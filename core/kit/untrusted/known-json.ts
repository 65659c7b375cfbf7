/** The JSON of data that another thread has read, in UTF-8. */
const known = new WeakMap<object, Uint8Array>();

/** Keeps the JSON of data as bytes that nobody changes: it was parsed from JSON within bounds, and need not be walked. */
export function knowDataJson(data: object, json: Uint8Array): void {
  known.set(data, json);
}

/** The JSON of data as bytes, where another thread has written it. */
export function knownDataJson(data: unknown): Uint8Array | undefined {
  return typeof data === "object" && data !== null ? known.get(data) : undefined;
}
