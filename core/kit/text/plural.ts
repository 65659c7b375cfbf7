/** `1 error`, `2 errors`, `0 errors`; `many` is the noun for other numbers than one, where it takes more than an s. */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}

/** Says of a gap what is not there: `event 5 is missing`, `events 5 to 7 are missing`. */
export function missingEvents({ from, to }: { readonly from: number; readonly to: number }): string {
  return from === to ? `event ${from} is missing` : `events ${from} to ${to} are missing`;
}
