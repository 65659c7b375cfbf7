import { execFileSync, spawnSync } from "node:child_process";
import { onTestFinished } from "vitest";

/** How a link breaks: what is sent vanishes and nobody is told; or the interface itself goes down. */
export type Break = "vanishes" | "goes down";

const ip = (...words: readonly string[]) => execFileSync("ip", words, { stdio: ["ignore", "pipe", "pipe"] });

/** Whether this process may make network namespaces. */
export function mayMakeNetworks(): boolean {
  const name = `sluice-${process.pid}-try`;
  if (spawnSync("ip", ["netns", "add", name]).status !== 0) return false;
  ip("netns", "del", name);
  return true;
}

/** One machine of a network: a namespace with an interface of its own. */
export interface Machine {
  readonly address: string;
  /** A command that runs another one there. */
  readonly within: readonly string[];
  cut(how: Break): void;
  mend(): void;
}

/**
 * Namespaces on one switch, which is a bridge in a namespace of its own. So no rule of this machine's own firewall reaches
 * them, and two networks do not meet. They are removed when the test ends.
 */
export class Network {
  readonly #prefix = `sluice-${process.pid}-${Date.now().toString(36)}`;
  readonly #switch = `${this.#prefix}-s`;
  #machines = 0;

  constructor() {
    this.#add(this.#switch);
    ip("-n", this.#switch, "link", "add", "bridge", "type", "bridge");
    ip("-n", this.#switch, "link", "set", "bridge", "up");
  }

  machine(number: number): Machine {
    this.#machines += 1;
    const [space, port] = [`${this.#prefix}-${number}`, `port${this.#machines}`];
    const address = `10.77.0.${number}`;
    this.#add(space);
    ip("-n", this.#switch, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", space);
    const join = () => ip("-n", this.#switch, "link", "set", port, "master", "bridge", "up");
    join();
    ip("-n", space, "address", "add", `${address}/24`, "dev", "eth0");
    for (const device of ["lo", "eth0"]) ip("-n", space, "link", "set", device, "up");
    return {
      address,
      within: ["ip", "netns", "exec", space],
      cut: (how) => {
        if (how === "vanishes") ip("-n", this.#switch, "link", "set", port, "nomaster");
        else ip("-n", this.#switch, "link", "set", port, "down");
      },
      mend: join,
    };
  }

  #add(space: string): void {
    ip("netns", "add", space);
    onTestFinished(() => void spawnSync("ip", ["netns", "del", space]));
  }
}
