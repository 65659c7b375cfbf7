import { expect, it } from "vitest";
import { createHost } from "../../../core/index.ts";
import { temporaryHome } from "../host/temporary-home.ts";

const custom = new URL("../../fixtures/custom/", import.meta.url).pathname;

/** A module may wait for something at its top level for half a minute. */
it.concurrent.each(["none", { worker: { held: "50s" } }])(
  "should say which module waits for ever at its top level: isolate %j",
  async (isolate) => {
    using home = temporaryHome();
    const plugins = { good: { use: "./shout" }, bad: { use: "./loads-for-ever", isolate } };
    const config = { version: 1, plugins, flows: { chat: "good" } };
    await expect(createHost({ config, cwd: custom, env: home.env })).rejects.toThrow(
      "`bad` cannot be used: loads-for-ever took longer than 30 s to load",
    );
  },
  60_000,
);
