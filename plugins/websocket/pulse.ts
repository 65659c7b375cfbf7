import type { ServerFrames } from "../../core/client/index.ts";
import type { HostApi, InstanceStatus } from "../../core/contract/index.ts";

type PulseData = NonNullable<ServerFrames["host"]["pulse"]>;

/** How the host is, told as differences from what was told before. */
export class Pulse {
  readonly #host: HostApi;
  readonly #counts = new Map<string, number>();
  readonly #subscription: { unsubscribe(): void };
  #instances: readonly InstanceStatus[] | undefined;
  #first = true;
  #cpu = process.cpuUsage();
  #time = performance.now();

  constructor(host: HostApi) {
    this.#host = host;
    this.#subscription = host.status$.subscribe((statuses) => {
      this.#instances = statuses;
    });
  }

  take(): PulseData {
    const instances = this.#instances;
    const first = this.#first;
    this.#instances = undefined;
    this.#first = false;
    return {
      time: new Date().toISOString(),
      runs: this.#host.runs.active,
      memory: process.memoryUsage.rss(),
      cpu: this.#load(),
      counts: this.#changed(),
      ...(instances === undefined ? {} : { instances: instances.map((each) => ({ ...each })) }),
      ...(first ? { retained: this.#host.feed.retained.map((event) => ({ ...event })) } : {}),
    };
  }

  dispose(): void {
    this.#subscription.unsubscribe();
  }

  #changed(): Record<string, number> {
    const changed: Record<string, number> = {};
    for (const [name, count] of this.#host.feed.counts) {
      if (this.#counts.get(name) === count) continue;
      changed[name] = count;
      this.#counts.set(name, count);
    }
    return changed;
  }

  #load(): number {
    const [cpu, time] = [process.cpuUsage(), performance.now()];
    const busy = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1000;
    const passed = time - this.#time;
    this.#cpu = cpu;
    this.#time = time;
    return passed <= 0 ? 0 : Math.round((busy / passed) * 1000) / 1000;
  }
}
