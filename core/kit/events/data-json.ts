/** The JSON of data that has not been given its place in a journal yet. */
const known = new WeakMap<object, string>();

/**
 * Keeps the JSON of data for the event that is made of it. Whoever masks the data has written it already. Nobody
 * changes the data in between.
 */
export function rememberDataJson(data: object, json: string): void {
  known.set(data, json);
}

/** What was remembered, once. */
export function takeDataJson(data: object): string | undefined {
  const json = known.get(data);
  if (json !== undefined) known.delete(data);
  return json;
}
