/** The JSON of the data that was masked last, and has not been given its place in a journal yet. */
let latest: { readonly data: object; readonly json: string } | undefined;

/** The JSON of data that another thread has read, in UTF-8. */
const known = new WeakMap<object, Uint8Array>();

/**
 * Keeps the JSON of data for the event that is made of it next. Whoever masks the data has written it already. Nobody
 * changes the data in between.
 */
export function rememberDataJson(data: object, json: string): void {
  latest = { data, json };
}

/** What was remembered, once. */
export function takeDataJson(data: object): string | undefined {
  const json = latest?.data === data ? latest.json : undefined;
  latest = undefined;
  return json;
}

/** Keeps the JSON of data as bytes that nobody changes: it was parsed from JSON within bounds, and need not be walked. */
export function knowDataJson(data: object, json: Uint8Array): void {
  known.set(data, json);
}

/** The JSON of data as bytes, where another thread has written it. */
export function knownDataJson(data: unknown): Uint8Array | undefined {
  return typeof data === "object" && data !== null ? known.get(data) : undefined;
}
