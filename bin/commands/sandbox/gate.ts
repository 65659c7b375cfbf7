import { Command, Flags } from "@oclif/core";
import { printable } from "../../../core/kit/index.ts";

export default class SandboxGate extends Command {
  static override description = `Stand before the socket of a Docker engine, and let through what sandboxes need alone.

Whoever holds the engine's socket is root on its machine. A host that is given the gate's socket instead can start
hardened containers: without privileges, folders, devices or the machine's namespaces. It sees and touches no other.
Ctrl-C ends it.`;
  static override examples = ["<%= config.bin %> sandbox gate --listen /run/sluice/docker.sock --build"];
  static override flags = {
    listen: Flags.string({ required: true, helpValue: "PATH", description: "the socket to make" }),
    engine: Flags.string({
      default: "/var/run/docker.sock",
      helpValue: "PATH",
      description: "the socket of the engine",
    }),
    build: Flags.boolean({ description: "images of sandboxes may be built: their steps run as root in a container" }),
    network: Flags.boolean({ description: "sandboxes may have the engine's network, as `network: open` asks for" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(SandboxGate);
    const { Gate } = await import("../../gate/gate.ts");
    const onRefused = (line: string): void => void process.stderr.write(`refused: ${printable(line)}\n`);
    await using gate = new Gate({ ...flags, onRefused });
    await gate.start();
    process.stderr.write(`gate: ${flags.listen} leads to ${flags.engine}\n`);
    await new Promise((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, resolve);
    });
  }
}
