/**
 * Keywords of ours: `x-secret`, `x-ref`, `x-reload`, `x-unit` (`duration`, `size`, `address`, `path`, `origin`),
 * `x-capacity` (so many at once; 0 is no bound), `x-run` (a model takes it for one run: `ModelRequest.parameters`).
 */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}
