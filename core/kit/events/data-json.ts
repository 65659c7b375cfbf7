/** The JSON of the data that was masked last, and has not been given its place in a journal yet. */
let latest: { readonly data: object; readonly json: string } | undefined;

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
