import { test } from "vitest";
import { SluiceClient } from "../../core/client/index.ts";
import { floods, tunnelFlood } from "../docker/flood-kinds.ts";
import { Child } from "./child.ts";
import { alone, quantile } from "./kit.ts";

/** What one session's flood takes of everybody else's time: `/healthz`, and a warm cell of another session. */

const drop = (): void => {};

const kinds = {
  ...floods,
  tunnels: { code: tunnelFlood, language: "python", events: 0, truncated: false },
  nothing: { code: "import time; time.sleep(3)" },
};

test("floods beside a quiet session", async () => {
  await using host = await Child.start<{ urls: string[]; token: string }>("flood-host.ts");
  const { urls, token } = host.ready;
  const url = urls.find((each) => each.startsWith("ws")) ?? urls[0] ?? "";
  const address = url.replace(/^ws/, "http").replace(/\/$/, "");
  await using attacker = new SluiceClient({ url, token });
  await using quiet = new SluiceClient({ url, token });
  const warm = () => quiet.run("run", { code: "6 * 7", language: "python" }, { session: "quiet" });
  for (let round = 0; round < 20; round += 1) await warm().forEach(drop);
  for (const [kind, { code, language = "python" }] of Object.entries(kinds) as [
    string,
    { code: string; language?: string },
  ][]) {
    const healthz: number[] = [];
    const cells: number[] = [];
    let over = false;
    const flood = attacker
      .run("run", { code, language }, { session: `flood-${kind.replaceAll(" ", "-")}` })
      .forEach(drop)
      .finally(() => {
        over = true;
      });
    const look = async (kept: number[], once: () => Promise<unknown>) => {
      while (!over) {
        const began = performance.now();
        await once();
        kept.push(performance.now() - began);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    const headers = { authorization: `Bearer ${token}` };
    await Promise.all([
      flood,
      look(healthz, async () => (await fetch(`${address}/healthz`, { headers })).text()),
      look(cells, () => warm().forEach(drop)),
    ]);
    alone(`${kind}: /healthz, p99 of ${healthz.length}`, "ms", quantile(healthz, 0.99), "50");
    alone(`${kind}: a warm cell, p99 of ${cells.length}`, "ms", quantile(cells, 0.99), "50");
  }
}, 600_000);
