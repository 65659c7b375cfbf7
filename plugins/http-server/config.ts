/** The options as received: units coerced, defaults filled in. */
export interface HttpServerConfig {
  readonly origins: readonly string[];
  readonly hosts: readonly string[];
  /** Bytes. */
  readonly bodyLimit: number;
  /** Milliseconds. */
  readonly handshakeTimeout: number;
  /** Milliseconds. */
  readonly closeTimeout: number;
}
