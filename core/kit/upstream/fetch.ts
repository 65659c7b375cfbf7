/** A function with the signature of `fetch`. */
export type Fetch = typeof globalThis.fetch;
