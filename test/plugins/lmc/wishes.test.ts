import { describe, expect, it } from "vitest";
import { key, keyed, serveLmc } from "./lmc-kit.ts";

describe("what a client of LMC wishes", () => {
  it("should want to be asked once a client sets auto_run to false, on any flow and in runs under way", async () => {
    for (const config of [{ key }, {}]) {
      await using server = await serveLmc({ chat: () => {} }, config);
      const socket = await server.connect();
      await socket.authenticate();
      const set = (value: boolean | null) =>
        fetch(`${server.address}/settings`, {
          method: "POST",
          body: JSON.stringify({ auto_run: value }),
          headers: keyed,
        });
      socket.say("x");
      await expect.poll(() => server.host.all.size).toBe(1);
      const run = server.host.all.get("run-1");
      const asked = () => run?.options.approve?.();
      expect(asked()).toBe(false);
      await set(false);
      expect(asked()).toBe(true);
      run?.emit("approval-request", { message: "run it?", code: "1", language: "python" });
      await socket.completed(1);
      expect(run?.answers).toEqual([]);
      socket.command("go");
      await expect.poll(() => run?.answers).toEqual([{ kind: "approval", approved: true, question: 2 }]);
      await set(true);
      expect(asked()).toBe(false);
      run?.end();
      await socket.completed(2);
    }
  });

  it("should tell the flow a client's instructions once, and again when they have changed", async () => {
    await using server = await serveLmc({ chat: (run) => run.end() }, { key });
    const socket = await server.connect();
    await socket.authenticate();
    const told = async (settings: object, count: number) => {
      const body = JSON.stringify(settings);
      await fetch(`${server.address}/settings`, { method: "POST", body, headers: keyed });
      socket.say("x");
      await socket.completed(count);
      return (server.host.all.get(`run-${count}`)?.options.input as { text?: string } | undefined)?.text;
    };
    expect(await told({ custom_instructions: "Be brief." }, 1)).toBe("Be brief.\n\nx");
    expect(await told({}, 2)).toBe("x");
    expect(await told({ system_message: "You are a cat." }, 3)).toBe("You are a cat.\n\nBe brief.\n\nx");
    expect(await told({ custom_instructions: null, system_message: "" }, 4)).toBe("x");
  });
});
