/**
 * Who makes room in a table that all share and that is full: of whoever has the most entries, the first. So nobody pushes
 * out what others have, however much they add. Undefined for an empty table.
 */
export function firstToGo<Key, Value>(
  table: ReadonlyMap<Key, Value>,
  ownerOf: (value: Value) => string,
): Key | undefined {
  const counts = new Map<string, { readonly first: Key; count: number }>();
  let most: { readonly first: Key; count: number } | undefined;
  for (const [key, value] of table) {
    const owner = ownerOf(value);
    const own = counts.get(owner) ?? { first: key, count: 0 };
    own.count += 1;
    counts.set(owner, own);
    if (most === undefined || own.count > most.count) most = own;
  }
  return most?.first;
}
