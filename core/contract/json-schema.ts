/** Keywords of ours: `x-secret`, `x-ref`, `x-reload`, `x-unit` (`duration`, `size`, `address`, `path`, `origin`). */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}
