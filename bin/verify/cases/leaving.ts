import { setTimeout as sleep } from "node:timers/promises";
import { type Case, expectThat, type Ground, run } from "../ground.ts";

const group = "leaving";
const cure = "Run `sluice sandbox clean`, and see the engine's log for what it could not remove.";
const cannotList = ({ sandbox }: Ground) =>
  sandbox.list === undefined ? "this sandbox does not list its sessions" : undefined;

async function isListed({ sandbox }: Ground, id: string): Promise<boolean> {
  return (await sandbox.list?.(AbortSignal.timeout(10_000)))?.some((one) => one.id === id) ?? false;
}

async function untilGone(ground: Ground, id: string): Promise<void> {
  const until = performance.now() + ground.patience;
  while (await isListed(ground, id)) {
    expectThat(performance.now() < until, `its container is there ${ground.patience / 1000} s later`);
    await sleep(50);
  }
}

export const leaving: readonly Case[] = [
  {
    id: 118,
    group,
    name: "a session that is closed leaves nothing",
    cure,
    needs: cannotList,
    async prove(ground) {
      const own = await ground.open();
      await run(own, "bash", "sleep 1000 & disown -a");
      expectThat(await isListed(ground, own.id), "it was not listed while it was open");
      await own[Symbol.asyncDispose]();
      await own.closed;
      await untilGone(ground, own.id);
    },
  },
  {
    id: 119,
    group,
    name: "a host that is killed leaves nothing",
    cure,
    needs: (ground) =>
      cannotList(ground) ??
      (ground.relaunch ? undefined : "no second host can be started from here; the project's tests do"),
    async prove(ground) {
      // By its own name: other hosts of this machine begin and end containers meanwhile.
      const host = await ground.relaunch?.(AbortSignal.timeout(30_000));
      if (host === undefined) return;
      const listed = await isListed(ground, host.id);
      await host.kill();
      expectThat(listed, "its container was not listed while it ran");
      await untilGone(ground, host.id);
    },
  },
];
