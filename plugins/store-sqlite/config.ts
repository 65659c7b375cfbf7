/** The options as the plugin receives them; described in plugin.json. */
export interface SqliteStoreConfig {
  /** Absolute path. */
  readonly path?: string;
  readonly keepRuns: number;
  /** Milliseconds. */
  readonly keepFor: number;
  /** Bytes. */
  readonly keepSize: number;
}
