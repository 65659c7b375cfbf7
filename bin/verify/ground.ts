import type { EventData, ExecEvent, ExecuteOptions, Sandbox, SandboxSession } from "../../core/index.ts";

/** How a program ended, and what it said. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly end: EventData["exec-end"];
}

/** What a case stands on: one session of the sandbox, and the means to open others. */
export interface Ground {
  readonly sandbox: Sandbox;
  readonly session: SandboxSession;
  /** What the profile asked of the instance. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Stands in this process's environment and in its title, where code must not find it. */
  readonly mark: string;
  /** Milliseconds that something may take to be gone. */
  readonly patience: number;
  open(): Promise<SandboxSession>;
}

/** Something that must hold. `prove` rejects with what was seen instead. */
export interface Case {
  readonly group: "escapes" | "limits" | "streams";
  readonly name: string;
  /** Why it cannot be proved here, if so: what the profile loosens, or what this machine lacks. */
  skip?(ground: Ground): string | undefined;
  prove(ground: Ground): Promise<void>;
}

/** Milliseconds that an attempt may take, whatever the profile gives to programs. */
const longest = 60_000;

export function run(
  session: SandboxSession,
  language: "python" | "bash",
  code: string,
  options: Partial<ExecuteOptions> = {},
): Promise<Ran> {
  const { promise, resolve, reject } = Promise.withResolvers<Ran>();
  const out: Record<"exec-stdout" | "exec-stderr", Buffer[]> = { "exec-stdout": [], "exec-stderr": [] };
  const ends: EventData["exec-end"][] = [];
  session.execute(code, { language, timeout: longest, ...options }).subscribe({
    next: (event: ExecEvent) => {
      if (event.type === "exec-end") ends.push(event.data);
      if (event.type !== "exec-stdout" && event.type !== "exec-stderr") return;
      const { base64, text = "" } = event.data;
      out[event.type].push(base64 === undefined ? Buffer.from(text) : Buffer.from(base64, "base64"));
    },
    error: reject,
    complete: () => {
      const [end, ...more] = ends;
      if (end === undefined || more.length > 0) return reject(new Error(`the program had ${ends.length} ends`));
      const text = (type: keyof typeof out) => Buffer.concat(out[type]).toString();
      resolve({ stdout: text("exec-stdout"), stderr: text("exec-stderr"), end });
    },
  });
  return promise;
}

/** @throws Error that says what was expected and what was seen */
export function expectThat(holds: boolean, seen: string): void {
  if (!holds) throw new Error(seen);
}

/** Expects a program that ended by itself without an error. */
export function expectDone({ end, stderr }: Ran): void {
  if (end.status === "exited" && end.exitCode === 0) return;
  const how = end.error ? `${end.error.name}: ${end.error.message}` : (stderr.trim().split("\n").at(-1) ?? "");
  throw new Error(`the program ended with ${end.status} ${end.exitCode ?? end.signal ?? ""} ${how}`.trim());
}

/**
 * Tries one thing after the other in one program, and expects the kernel to refuse them all. Names say what was done when
 * it was not refused; an attempt that fails otherwise fails the case, since it has shown nothing.
 */
export async function expectRefused(session: SandboxSession, tries: Readonly<Record<string, string>>): Promise<void> {
  const attempts = Object.entries(tries).map(([name, code]) => {
    const indented = code.split("\n").join("\n    ");
    return `try:\n    ${indented}\n    print(${JSON.stringify(name)})\nexcept OSError: pass`;
  });
  const program = [`import ctypes, os, socket`, "libc = ctypes.CDLL(None, use_errno=True)", syscall, ...attempts];
  const ran = await run(session, "python", program.join("\n"));
  expectDone(ran);
  expectThat(ran.stdout === "", `not refused: ${ran.stdout.trim().split("\n").join(", ")}`);
}

/** Calls a function of libc, and fails as Python's own functions do. */
const syscall = `def call(name, *given):
    if getattr(libc, name)(*given) == -1:
        raise OSError(ctypes.get_errno(), name)`;
