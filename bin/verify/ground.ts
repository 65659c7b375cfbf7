import type { EventData, ExecEvent, ExecuteOptions, Sandbox, SandboxSession } from "../../core/contract/index.ts";

/** How a program ended, and what it said. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly results: number;
  readonly end: EventData["exec-end"];
}

/** What a case stands on. */
export interface Ground {
  readonly sandbox: Sandbox;
  /** What the profile asked of the instance. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly limits: SandboxSession["limits"];
  /** Stands in this process's environment and in its title, where code must not find it. */
  readonly mark: string;
  /** What probes are given, as GIVEN. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Milliseconds that something may take to be gone. */
  readonly patience: number;
  /** Starts a host of its own in another process, for as long as it is not killed. */
  readonly relaunch?: Relaunch;
  /** What looks share; a proof opens its own. */
  readonly shared: SandboxSession;
  open(mode?: "cell" | "fresh"): Promise<SandboxSession>;
}

/** Another process with a session of this profile that runs until it is killed; `id` is the session's. */
export type Relaunch = (signal: AbortSignal) => Promise<{ readonly id: string; kill(): Promise<void> }>;

export const groups = [
  "gate",
  "identity",
  "system calls",
  "sockets",
  "kernel files",
  "host",
  "supervisor",
  "limits",
  "files",
  "network",
  "leaving",
] as const;
export type Group = (typeof groups)[number];

/** Something that must hold: either one look from inside that is judged, or a proof of its own. */
export interface Case {
  readonly id: number;
  readonly group: Group;
  readonly name: string;
  /** What whoever reads a failure does about it. */
  readonly cure: string;
  /** Why it cannot be proved here, if so: what the profile loosens, or what this machine or runtime lacks. */
  needs?(ground: Ground): string | undefined;
  /** Python that returns what it saw; see `prelude.ts`. */
  readonly probe?: string;
  /** What is wrong with what was seen; undefined when it holds. */
  judge?(seen: unknown, ground: Ground): string | undefined;
  /** Whether nothing else may be tried meanwhile, since time is what is looked at. */
  readonly alone?: boolean;
  /** Rejects with what was seen instead. */
  prove?(ground: Ground): Promise<void>;
}

/** Milliseconds that an attempt may take, whatever the profile gives to programs. */
const longest = 60_000;

export function run(
  session: SandboxSession,
  language: "python" | "bash" | "javascript",
  code: string,
  options: Partial<ExecuteOptions> & { readonly onEvent?: (event: ExecEvent) => void } = {},
): Promise<Ran> {
  const { promise, resolve, reject } = Promise.withResolvers<Ran>();
  const out: Record<"exec-stdout" | "exec-stderr", Buffer[]> = { "exec-stdout": [], "exec-stderr": [] };
  const ends: EventData["exec-end"][] = [];
  const { onEvent, ...rest } = options;
  let results = 0;
  session.execute(code, { language, timeout: longest, ...rest }).subscribe({
    next: (event: ExecEvent) => {
      onEvent?.(event);
      if (event.type === "exec-end") ends.push(event.data);
      if (event.type === "exec-result") results += 1;
      if (event.type !== "exec-stdout" && event.type !== "exec-stderr") return;
      const { base64, text = "" } = event.data;
      out[event.type].push(base64 === undefined ? Buffer.from(text) : Buffer.from(base64, "base64"));
    },
    error: reject,
    complete: () => {
      const [end, ...more] = ends;
      if (end === undefined || more.length > 0) return reject(new Error(`the program had ${ends.length} ends`));
      const text = (type: keyof typeof out) => Buffer.concat(out[type]).toString();
      resolve({ stdout: text("exec-stdout"), stderr: text("exec-stderr"), results, end });
    },
  });
  return promise;
}

/** @throws Error that says what was seen */
export function expectThat(holds: boolean, seen: string): void {
  if (!holds) throw new Error(seen);
}

/** What must be seen, exactly. */
export function exactly(expected: unknown): (seen: unknown) => string | undefined {
  const wanted = JSON.stringify(expected);
  return (seen) => (JSON.stringify(seen) === wanted ? undefined : `expected ${wanted}, seen ${shown(seen)}`);
}

/** Each entry of a record must be one of these. */
export function eachIs(...allowed: readonly string[]): (seen: unknown) => string | undefined {
  return (seen) => {
    const entries = Object.entries((seen ?? {}) as Record<string, unknown>);
    if (entries.length === 0) return "nothing was looked at";
    const wrong = entries.filter(([, value]) => !allowed.includes(String(value)));
    const text = wrong.map(([name, value]) => `${name}: ${shown(value)}`).join(", ");
    return wrong.length === 0 ? undefined : `expected ${allowed.join(" or ")}, seen ${text}`;
  };
}

export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** Runtimes whose kernel is the host's, so that the engine's list of system calls holds. */
export const sharesKernel = ({ limits }: Ground): boolean => /^(runc|crun|youki)$/.test(limits.runtime);

/** For cases about what the host's kernel refuses: a runtime with a kernel of its own answers in its place. */
export const ownKernel = (ground: Ground): string | undefined =>
  sharesKernel(ground) ? undefined : `${ground.limits.runtime} has a kernel of its own, which applies no such list`;

export const withoutNetwork = ({ config }: Ground): string | undefined =>
  config["network"] === "open" ? "the profile opens the network" : undefined;
