/** What a client may do, least first; each includes those before it. */
export type Role = "read" | "run" | "operate" | "configure";

/** Who somebody is, as far as the token tells. */
export interface Grant {
  /** Tells apart those who hold different tokens of one transport; clients of one name share sessions. */
  readonly name: string;
  readonly role: Role;
  /** The transport that knows the name, where it is not the one that asks: a page's cookie opens the wire as well. */
  readonly realm?: string;
}

/** The part of an HTTP request, or of a WebSocket's, that tells who sends it. Node's `IncomingMessage` is one. */
export interface AccessRequest {
  /** Names in lower case. */
  readonly headers: {
    readonly host?: string | undefined;
    readonly cookie?: string | undefined;
    readonly authorization?: string | undefined;
    readonly [name: string]: string | readonly string[] | undefined;
  };
}

/** Whom a transport speaks for when it asks the host. */
export interface Principal extends Grant {
  /** One of those that share the name: what it opens is its own. Absent: all of them together. */
  readonly client?: string;
}

/** One entry of a transport's option `tokens`. */
export interface AccessToken extends Grant {
  readonly token: string;
}

/** What a transport can ask the host for on behalf of a principal. Which role each needs stands in docs/security.md. */
export type Method =
  | "runs.open"
  | "runs.env"
  | "runs.get"
  | "runs.list"
  | "runs.steer"
  | "runs.files"
  | "journal.follow"
  | "shares.give"
  | "shares.list"
  | "shares.end"
  | "sessions.use"
  | "sessions.list"
  | "sessions.close"
  | "sessions.files"
  | "feed.read"
  | "feed.people"
  | "status.read"
  | "status.private"
  | "settings.get"
  | "settings.set"
  | "instances.operate"
  | "sandboxes.list"
  | "sandboxes.stop"
  | "profile.read"
  | "profile.check"
  | "profile.secrets"
  | "profile.apply";
