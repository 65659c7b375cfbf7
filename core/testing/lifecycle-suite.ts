import type { Host } from "../host/host.ts";
import type { CreateHostOptions } from "../host/host-options.ts";
import { LeakCheck } from "./leaks.ts";
import { startTestHost } from "./test-host.ts";

/** A plugin whose lifecycle is tried, with what it needs around it. */
export interface LifecycleSubject {
  /** The value of `use`. */
  readonly use: string;
  /** The value of `with`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Other instances, by their names, that its references and its flows need. */
  readonly others?: Readonly<Record<string, unknown>>;
  /**
   * Flows of the profile, as `flows` has them, where the plugin is called `subject`; default none. For a transport that serves
   * a flow by name, or a stage that stands in one.
   */
  readonly flows?: Readonly<Record<string, unknown>>;
  readonly host?: Pick<CreateHostOptions, "cwd" | "env">;
}

/** One case for a test runner. */
export interface LifecycleCase {
  readonly name: string;
  /** Rejects with what was not kept. */
  readonly run: () => Promise<void>;
}

/**
 * The promises of `Lifecycle`, as cases for any test runner: `for (const each of lifecycleSuite(subject)) it(each.name,
 * each.run)`.
 */
export function lifecycleSuite(subject: LifecycleSubject): readonly LifecycleCase[] {
  const { use, config: options = {}, others, flows = {}, host: place } = subject;
  const config = { version: 1, plugins: { ...others, subject: { use, with: options } }, flows };
  const all = { ...place, transports: true, store: false, config, instances: Object.keys(config.plugins) };
  const start = () => startTestHost(all);
  return [
    {
      name: "should start, report ok, stop, and leave nothing behind",
      async run() {
        // The first start of a process loads modules that stay; what a second one leaves behind is the plugin's own.
        await (await start())[Symbol.asyncDispose]();
        const leaks = new LeakCheck();
        const { host, ...rest } = await start();
        const status = firstStatus(host) ?? "absent";
        await rest[Symbol.asyncDispose]();
        const leaked = await leaks.leaked();
        if (!["ok", "degraded"].includes(status)) throw new Error(`its status after start was ${status}`);
        if (leaked.length > 0) throw new Error(`it left behind: ${leaked.join(", ")}`);
      },
    },
    {
      name: "should bear being disposed of twice",
      async run() {
        await using started = await start();
        const instance = started.host.instance("subject");
        await instance[Symbol.asyncDispose]();
        await instance[Symbol.asyncDispose]();
      },
    },
    {
      name: "should leave nothing behind when it is given up while it starts",
      async run() {
        const leaks = new LeakCheck();
        const aborted = startTestHost({ ...all, signal: AbortSignal.abort(new Error("given up")) });
        await aborted.then(
          (host) => host[Symbol.asyncDispose](),
          () => undefined,
        );
        const leaked = await leaks.leaked();
        if (leaked.length > 0) throw new Error(`it left behind: ${leaked.join(", ")}`);
      },
    },
  ];
}

/** `status$` retains its value, so that one subscription gets it at once. */
function firstStatus(host: Pick<Host, "status$">): string | undefined {
  let status: string | undefined;
  host.status$
    .subscribe((all) => {
      status = all.find((each) => each.id === "subject")?.status;
    })
    .unsubscribe();
  return status;
}
