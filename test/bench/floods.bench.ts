import { test } from "vitest";
import { SluiceClient } from "../../core/client/index.ts";
import { floods, tunnelFlood } from "../docker/flood-kinds.ts";
import { quantile } from "./bench-kit.ts";
import { Child } from "./child.ts";
import type { Probed } from "./flood-prober.ts";

/**
 * What one session's floods take of everybody else's time: `/healthz`, and a warm cell of another session, each asked by a
 * process of its own. Every kind goes on for `lasts` at least, so that the share of a hundredth means something.
 */
const lasts = 10_000;

const kinds: Readonly<Record<string, { readonly code: string; readonly language?: string }>> = {
  nothing: { code: "import time; time.sleep(3)" },
  ...floods,
  tunnels: { code: tunnelFlood },
  "a busy loop": { code: "import time\nend = time.time() + 3\nwhile time.time() < end: pass" },
};

test("floods beside a quiet session", async () => {
  await using host = await Child.start<{ urls: string[]; token: string }>("flood-host.ts");
  const { urls, token } = host.ready;
  const url = urls.find((each) => each.startsWith("ws")) ?? urls[0] ?? "";
  await using attacker = new SluiceClient({ url, token });
  await using prober = await Child.start<object>("flood-prober.ts", url, token);
  const only = process.env["SLUICE_FLOOD"];
  for (const [kind, { code, language = "python" }] of Object.entries(kinds)) {
    if (only !== undefined && !new RegExp(only).test(kind)) continue;
    const session = `flood-${kind.replaceAll(" ", "-")}`;
    await attacker.run("run", { code: "", language }, { session }).forEach(() => {});
    await prober.ask("begin");
    await host.ask("begin");
    let rounds = 0;
    for (const until = performance.now() + lasts; performance.now() < until; rounds += 1)
      await attacker.run("run", { code, language }, { session }).forEach(() => {});
    const { healthz, cells } = await prober.ask<Probed>("end");
    const { delay } = await host.ask<{ delay: readonly number[] }>("end");
    await attacker.call("sessions.close", { session });
    tell(kind, rounds, healthz, cells, delay);
  }
}, 900_000);

function tell(kind: string, rounds: number, ...figures: readonly (readonly number[])[]): void {
  const [healthz = [], cells = [], delay = []] = figures;
  const three = (values: readonly number[]) =>
    [0.5, 0.99, 1].map((share) => quantile(values, share).toFixed(1).padStart(6)).join(" ");
  const counts = `${rounds} rounds, ${healthz.length} and ${cells.length} asked`;
  process.stdout.write(
    `${kind.padEnd(24)} /healthz ${three(healthz)}  cell ${three(cells)}  loop ${three(delay)} ms (goal 50 at p99; ${counts})\n`,
  );
}
