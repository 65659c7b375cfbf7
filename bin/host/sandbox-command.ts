import { Command, Flags } from "@oclif/core";
import { type Sandbox, SluiceError } from "../../core/contract/index.ts";
import { printableJson, printableLines } from "../../core/kit/index.ts";
import { jsonFlag, profileFlag } from "../flags.ts";
import { withInstances } from "./instances.ts";

type Ability = "open" | "prepare" | "base" | "list" | "clean";

interface SandboxFlags {
  readonly profile?: string;
  readonly sandbox?: string;
  readonly json: boolean;
}

interface SandboxTask<Method extends Ability> {
  readonly id: string;
  /** Its options, as the profile gives them. */
  readonly config: Readonly<Record<string, unknown>>;
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

  protected each<Method extends Ability>(
    flags: SandboxFlags,
    method: Method,
    act: (task: SandboxTask<Method>) => Promise<void>,
  ): Promise<void> {
    return withInstances(flags.profile, { kind: "sandbox", id: flags.sandbox }, async (instances, signal) => {
      const able = instances.filter(({ instance }) => typeof (instance as Sandbox)[method] === "function");
      if (able.length === 0) {
        throw new SluiceError("SLUICE_USAGE", `no sandbox of the profile can do that`, {
          cure: "Use docker-sandbox, or name another instance with --sandbox.",
        });
      }
      for (const { id, planned, instance } of able) {
        const config = planned.config as Readonly<Record<string, unknown>>;
        await act({ id, config, sandbox: instance as SandboxTask<Method>["sandbox"], signal });
      }
    });
  }

  protected tell(flags: SandboxFlags, event: object, line: string): void {
    if (flags.json) process.stdout.write(`${printableJson(event)}\n`);
    else process.stderr.write(`${printableLines(line)}\n`);
  }
}
