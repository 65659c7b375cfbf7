import type { Method, Role } from "../../contract/access.ts";

/** Whose a thing is, for whoever asks: `nobodys` was made by the program that holds the host, or by an older version. */
export type Ownership = "own" | "others" | "nobodys";

export interface Rule {
  /** The role that is needed for the principal's own things, and where nothing has an owner. */
  readonly role: Role;
  /** What the role must be for things of others and of nobody; absent where the call is about no such thing. */
  readonly others?: Role;
  /** What it is about, and what it does; for docs/security.md. */
  readonly thing: "run" | "session" | "host" | "profile";
  readonly does: string;
}

/**
 * The one table of what a principal may ask of the host. The host checks by it for every transport alike; the table of
 * docs/security.md and the test of each transport, method, role and owner are made of it.
 */
export const authority = {
  "runs.open": { role: "run", thing: "run", does: "start a run of one's own" },
  "runs.env": { role: "run", thing: "run", does: "give a program that one starts variables" },
  "runs.get": { role: "read", others: "operate", thing: "run", does: "see a run's state" },
  "runs.list": { role: "read", others: "operate", thing: "run", does: "list runs; others' are left out" },
  "runs.steer": { role: "run", others: "operate", thing: "run", does: "cancel, interrupt, answer" },
  "runs.files": { role: "run", others: "operate", thing: "run", does: "read the files of a run" },
  "journal.follow": { role: "read", others: "operate", thing: "run", does: "read the events of a run" },
  "shares.give": { role: "run", others: "operate", thing: "run", does: "give a link that shows a run to anybody" },
  "shares.list": { role: "run", others: "operate", thing: "run", does: "list such links; others' are left out" },
  "shares.end": { role: "run", others: "operate", thing: "run", does: "end such a link" },
  "sessions.use": {
    role: "run",
    others: "operate",
    thing: "session",
    does: "begin or continue a session, at whichever host",
  },
  "sessions.list": { role: "read", others: "operate", thing: "session", does: "list sessions; others' are left out" },
  "sessions.close": { role: "run", others: "operate", thing: "session", does: "end a session" },
  "sessions.files": { role: "run", others: "operate", thing: "session", does: "put, read and list its files" },
  "feed.read": {
    role: "read",
    others: "operate",
    thing: "host",
    does: "watch and be notified; others' runs are left out",
  },
  "feed.people": { role: "operate", thing: "host", does: "see who connects and who changed what" },
  "status.read": { role: "read", thing: "host", does: "see instances, flows, models and hosts" },
  "status.private": { role: "configure", thing: "host", does: "see private options, such as a sandbox's env" },
  "settings.get": { role: "read", thing: "host", does: "see live options" },
  "settings.set": { role: "configure", thing: "host", does: "change live options, of one host or all" },
  "instances.operate": { role: "operate", thing: "host", does: "restart an instance, set its level, test a model" },
  "sandboxes.list": { role: "read", others: "operate", thing: "session", does: "list sandboxes; others' are left out" },
  "sandboxes.stop": { role: "operate", thing: "host", does: "stop and clean up sandboxes" },
  "profile.read": { role: "read", thing: "profile", does: "read the profile, its secrets masked" },
  "profile.check": { role: "read", thing: "profile", does: "check a text of a stranger; its tests are not run" },
  "profile.secrets": { role: "configure", thing: "profile", does: "keep its secrets in their places" },
  "profile.apply": { role: "configure", thing: "profile", does: "change the profile, and take that back" },
} as const satisfies Readonly<Record<Method, Rule>>;

/** The role that a method needs for a thing of that standing. */
export function neededRole(method: Method, standing: Ownership = "own"): Role {
  const rule: Rule = authority[method];
  return standing === "own" ? rule.role : (rule.others ?? rule.role);
}
