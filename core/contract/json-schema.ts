/**
 * Keywords of ours: `x-secret`, `x-ref`, `x-reload`, `x-unit` (`duration`, `size`, `address`, `path`, `origin`),
 * `x-capacity` (so many at once; 0 is no bound).
 */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}
