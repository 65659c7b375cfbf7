import { randomBytes } from "node:crypto";
import { type Sandbox, type SandboxSession, SluiceError } from "../../core/contract/index.ts";
import { within } from "../../core/kit/index.ts";
import { between } from "./cases/between.ts";
import { files } from "./cases/files.ts";
import { frames } from "./cases/frames.ts";
import { gate } from "./cases/gate.ts";
import { host } from "./cases/host.ts";
import { identity } from "./cases/identity.ts";
import { kernelFiles } from "./cases/kernel-files.ts";
import { leaving } from "./cases/leaving.ts";
import { limits } from "./cases/limits.ts";
import { moreLimits } from "./cases/more-limits.ts";
import { mountCases } from "./cases/mounts.ts";
import { network } from "./cases/network.ts";
import { sockets } from "./cases/sockets.ts";
import { supervisor } from "./cases/supervisor.ts";
import { systemCalls } from "./cases/system-calls.ts";
import { type Case, type Ground, type Group, type Relaunch, run, shown } from "./ground.ts";
import { answersOf, programOf } from "./prelude.ts";
import { Surroundings } from "./surroundings.ts";
import { ownChildren, tracesOf } from "./traces.ts";

export interface Verdict {
  readonly id: number;
  readonly group: Group;
  readonly name: string;
  readonly status: "pass" | "fail" | "skip";
  /** What was seen instead, or why it was not tried. */
  readonly detail?: string;
  /** What to do about a failure. */
  readonly cure?: string;
}

const left: Case = {
  id: 120,
  group: "leaving",
  name: "verify itself leaves nothing",
  cure: "Please report it: nothing that verify does may stay.",
};

export const cases: readonly Case[] = [
  ...[...gate, ...identity, ...systemCalls, ...sockets, ...kernelFiles, ...mountCases, ...host, ...supervisor],
  ...[...frames, ...between, ...limits, ...moreLimits, ...files, ...network, ...leaving, left],
].sort((one, other) => one.id - other.id);

export interface VerifyOptions {
  /** Milliseconds that something may take to be gone. */
  readonly patience?: number;
  /** The same for containers when all is over; default two minutes. An engine that is busy removes those of gVisor one after the other. */
  readonly removal?: number;
  readonly relaunch?: Relaunch;
  /** Cases to try, by number, besides those of the gate. Default: all. */
  readonly only?: readonly number[];
}

/** Cases that are proved at the same time. */
const atOnce = 3;
/** Milliseconds that one case may take. */
const longest = 90_000;

/**
 * Proves one case after the other with a sandbox that has started. The gate comes first: where code is not apart from this
 * machine, nothing is tried.
 */
export async function* verify(
  sandbox: Sandbox,
  config: Ground["config"],
  signal: AbortSignal,
  options: VerifyOptions = {},
): AsyncGenerator<Verdict> {
  const { patience = 10_000, removal = options.patience ?? 120_000, relaunch, only } = options;
  const children = ownChildren();
  const names: string[] = [];
  const opened = new Set<SandboxSession>();
  let isOver = false;
  const open: Ground["open"] = async (mode = "cell") => {
    if (isOver) throw new SluiceError("SLUICE_SANDBOX_CLOSED", "nobody waits for the verdict any more");
    const session = await sandbox.open({ session: `verify-${randomBytes(4).toString("hex")}`, mode }, signal);
    opened.add(session);
    return session;
  };
  const wanted = ({ id, group }: Case) => group === "gate" || only === undefined || only.includes(id);
  const rest = cases.filter((each) => each.group !== "gate" && each !== left && wanted(each));
  const told = (verdict: Verdict) => (signal.aborted ? [] : [verdict]);
  try {
    await using here = new Surroundings();
    names.push(...here.names);
    await here.begin();
    const ground = await groundOf(
      { sandbox, config, patience, mark: here.mark, open, ...(relaunch ? { relaunch } : {}) },
      here,
    );
    if ("failure" in ground) {
      for (const each of [...gate, ...rest, ...(wanted(left) ? [left] : [])]) yield* told(failed(each, ground.failure));
      return;
    }
    const verdicts = await looked(gate, ground);
    for (const each of gate) yield* told(verdicts.get(each.id) ?? failed(each, "it was not tried"));
    if ([...verdicts.values()].some(({ status }) => status !== "pass")) {
      const detail =
        "not tried: code is not apart from this machine, where an attempt would be made on the machine itself";
      for (const each of rest) yield* told({ ...naming(each), status: "skip", detail });
    } else {
      const seen = await looked(
        rest.filter(({ probe }) => probe !== undefined),
        ground,
      );
      const verdicts = sideBySide(
        rest.filter(({ id }) => !seen.has(id)),
        (each) => proved(each, ground),
      );
      for (const each of rest) {
        const verdict = seen.get(each.id) ?? (await verdicts.get(each.id));
        if (verdict) yield* told(verdict);
      }
    }
  } finally {
    isOver = true;
    await Promise.allSettled([...opened].map((session) => session[Symbol.asyncDispose]()));
  }
  if (wanted(left)) yield* told(await leftNothing({ names, children }, opened, sandbox, { patience, removal }));
}

/**
 * Begins one after the other, some at a time: most of them wait for containers. One that must be alone waits for those
 * before it, and those after it wait for it.
 */
function sideBySide(
  all: readonly Case[],
  prove: (each: Case) => Promise<Verdict>,
): ReadonlyMap<number, Promise<Verdict>> {
  const verdicts = new Map(all.map(({ id }) => [id, Promise.withResolvers<Verdict>()]));
  const running = new Set<Promise<unknown>>();
  const proveAll = async () => {
    for (const each of all) {
      if (each.alone) await Promise.all(running);
      while (running.size >= atOnce) await Promise.race(running);
      const proving: Promise<void> = prove(each).then((verdict) => {
        running.delete(proving);
        verdicts.get(each.id)?.resolve(verdict);
      });
      running.add(proving);
      if (each.alone) await proving;
    }
  };
  void proveAll();
  return new Map([...verdicts].map(([id, { promise }]) => [id, promise]));
}

async function groundOf(
  parts: Omit<Ground, "limits" | "given" | "shared">,
  here: Surroundings,
): Promise<Ground | { readonly failure: string }> {
  try {
    const shared = await parts.open();
    const limits = { ...shared.limits, ...promisedIn(parts.config) };
    return { ...parts, shared, limits, given: here.given(limits, parts.config) };
  } catch (error) {
    return { failure: SluiceError.from(error).message };
  }
}

/** What the profile asks counts, and not what the sandbox says of itself. */
function promisedIn(config: Ground["config"]): Partial<Record<"cpus" | "memory" | "pids", number>> {
  const names = ["cpus", "memory", "pids"] as const;
  return Object.fromEntries(names.flatMap((name) => (typeof config[name] === "number" ? [[name, config[name]]] : [])));
}

const naming = ({ id, group, name }: Case) => ({ id, group, name });
const failed = (each: Case, detail: string): Verdict => ({ ...naming(each), status: "fail", detail, cure: each.cure });

function skipped(each: Case, ground: Ground): Verdict | undefined {
  const detail = each.needs?.(ground);
  return detail === undefined ? undefined : { ...naming(each), status: "skip", detail };
}

/** The verdicts of cases that look: in one program, and one by one those that the program did not come to. */
async function looked(
  each: readonly Case[],
  ground: Ground,
  open = async () => ground.shared,
): Promise<ReadonlyMap<number, Verdict>> {
  const verdicts = new Map<number, Verdict>();
  const tried = each.filter((one) => {
    const verdict = skipped(one, ground);
    if (verdict) verdicts.set(one.id, verdict);
    return verdict === undefined;
  });
  if (tried.length === 0) return verdicts;
  let ended = "";
  try {
    const session = await open();
    const ran = await run(
      session,
      "python",
      programOf(
        tried.map(({ id, probe = "" }) => ({ id, code: probe })),
        ground.given,
      ),
      {
        timeout: longest,
      },
    );
    ended = `the program ended with ${ran.end.status} ${ran.end.exitCode ?? ran.end.signal ?? ""} ${shown(ran.stderr.trim())}`;
    const answers = answersOf(ran.stdout);
    for (const one of tried) {
      const answer = answers.get(one.id);
      if (answer) verdicts.set(one.id, judged(one, answer, ground));
    }
  } catch (error) {
    ended = SluiceError.from(error).message;
  }
  const missing = tried.filter(({ id }) => !verdicts.has(id));
  if (missing.length === tried.length && tried.length > 1 && missing.length > 10) {
    for (const one of missing) verdicts.set(one.id, failed(one, ended));
  } else if (tried.length === 1) {
    for (const one of missing) verdicts.set(one.id, failed(one, ended));
  } else {
    for (const one of missing)
      for (const [id, verdict] of await looked([one], ground, () => ground.open())) verdicts.set(id, verdict);
  }
  return verdicts;
}

function judged(each: Case, { seen, broken }: { seen?: unknown; broken?: string }, ground: Ground): Verdict {
  if (broken !== undefined) return failed(each, `the look broke off: ${broken}`);
  try {
    const wrong = each.judge?.(seen, ground);
    return wrong === undefined ? { ...naming(each), status: "pass" } : failed(each, wrong);
  } catch (error) {
    return failed(each, `what was seen has another shape: ${shown(seen)} (${String(error)})`);
  }
}

async function proved(each: Case, ground: Ground): Promise<Verdict> {
  const verdict = skipped(each, ground);
  if (verdict) return verdict;
  const proof = each.prove?.(ground) ?? Promise.reject(new Error("it has no proof"));
  try {
    await within(proof, longest, () => new Error(`it took longer than ${longest / 1000} s`));
    return { ...naming(each), status: "pass" };
  } catch (error) {
    return failed(each, SluiceError.from(error).message);
  }
}

async function leftNothing(
  { names, children }: { readonly names: readonly string[]; readonly children: readonly string[] },
  opened: ReadonlySet<SandboxSession>,
  sandbox: Sandbox,
  { patience, removal }: { readonly patience: number; readonly removal: number },
): Promise<Verdict> {
  const ids = new Set([...opened].map(({ id }) => id));
  const began = performance.now();
  for (;;) {
    const traces = Object.entries(tracesOf([...names, ...ids], children));
    const listed = (await sandbox.list?.(AbortSignal.timeout(10_000)).catch(() => [])) ?? [];
    const wrong = traces.filter(([, found]) => found.length > 0);
    const own = listed.filter(({ id }) => ids.has(id));
    if (wrong.length === 0 && own.length === 0) return { ...naming(left), status: "pass" };
    const waited = performance.now() - began;
    if (wrong.length > 0 && waited > patience)
      return failed(left, `there still are ${wrong.map(([kind, found]) => `${kind}: ${shown(found)}`).join("; ")}`);
    if (waited > removal) return failed(left, `the engine still has ${own.map(({ name }) => name).join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
