import { Command, Flags } from "@oclif/core";
import { type PlannedInstance, type Sandbox, SluiceError } from "../../core/index.ts";
import { jsonFlag, profileFlag } from "../flags.ts";
import { withInstances } from "./instances.ts";

type Optional = "prepare" | "base" | "list" | "clean";

interface SandboxFlags {
  readonly profile?: string;
  readonly sandbox?: string;
  readonly json: boolean;
}

interface SandboxTask<Method extends Optional> {
  readonly id: string;
  readonly sandbox: Sandbox & Required<Pick<Sandbox, Method>>;
  readonly signal: AbortSignal;
}

/** What the commands under `sandbox` share: the profile's sandboxes that can do a thing, one after the other. */
export abstract class SandboxCommand extends Command {
  static readonly shared = {
    profile: profileFlag,
    sandbox: Flags.string({ helpValue: "ID", description: "the instance of the profile [default: all sandboxes]" }),
    json: jsonFlag,
  };

  protected each<Method extends Optional>(
    flags: SandboxFlags,
    method: Method,
    act: (task: SandboxTask<Method>) => Promise<void>,
  ): Promise<void> {
    const wanted = (planned: PlannedInstance): boolean =>
      planned.plugin.manifest.kind === "sandbox" && (flags.sandbox === undefined || planned.id === flags.sandbox);
    return withInstances(flags.profile, wanted, "sandbox", async (instances, signal) => {
      const able = instances.filter(({ instance }) => typeof (instance as Sandbox)[method] === "function");
      if (able.length === 0) {
        throw new SluiceError("SLUICE_USAGE", `no sandbox of the profile can do that`, {
          cure: "Use docker-sandbox, or name another instance with --sandbox.",
        });
      }
      for (const { id, instance } of able) {
        await act({ id, sandbox: instance as SandboxTask<Method>["sandbox"], signal });
      }
    });
  }

  protected tell(flags: SandboxFlags, event: object, line: string): void {
    if (flags.json) process.stdout.write(`${JSON.stringify(event)}\n`);
    else process.stderr.write(`${line}\n`);
  }
}
