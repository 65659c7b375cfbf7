import { describe, expect, it } from "vitest";
import { createHost } from "../../../core/index.ts";
import { temporaryHome } from "../../core/host/temporary-home.ts";
import { LmcSocket } from "./lmc-kit.ts";

const custom = new URL("../../fixtures/custom/", import.meta.url).pathname;
const headers = { "x-api-key": "right-key", "content-type": "application/json" };

/** A host whose model answers with what its run sets in place of its options. */
async function serve(more: Readonly<Record<string, unknown>> = {}, model = "./candid") {
  const home = temporaryHome();
  const lmc = { use: "lmc", with: { listen: "127.0.0.1:0", key: "right-key", ...more } };
  const config = { version: 1, plugins: { one: { use: model }, lmc }, flows: { chat: "one" } };
  const host = await createHost({ config, cwd: custom, env: home.env, transports: true });
  const address = host.addresses[0] ?? "";
  const post = async (path: string, body: unknown): Promise<unknown> =>
    (await fetch(address + path, { method: "POST", headers, body: JSON.stringify(body) })).json();
  return {
    host,
    set: (llm: unknown, query = "") => post(`/settings${query}`, { llm }),
    shown: async (query = ""): Promise<unknown> =>
      JSON.parse((await (await fetch(`${address}/settings/llm${query}`, { headers })).json()) as string).llm,
    ask: async (query = "") => {
      const body = { messages: [{ role: "user", content: "hi" }] };
      const answer = (await post(`/openai/chat/completions${query}`, body)) as {
        choices: { message: { content: string } }[];
      };
      return answer.choices[0]?.message.content;
    },
    socket: async (query = "") => {
      const socket = await LmcSocket.connect(`${address.replace("http", "ws")}/${query}`);
      await socket.authenticate("right-key");
      const ask = async () => {
        const before = socket.frames.length;
        socket.say("hi");
        await socket.completed(socket.completes + 1);
        return socket.frames
          .slice(before)
          .map((frame) => (frame["type"] === "message" ? (frame["content"] ?? "") : ""))
          .join("");
      };
      return { ask, close: () => socket.socket.close() };
    },
    [Symbol.asyncDispose]: async () => {
      await host[Symbol.asyncDispose]();
      home[Symbol.dispose]();
    },
  };
}

const success = { status: "success" };

describe("a model's parameters over LMC", () => {
  it("should be the conversation's own: two that differ, and one that sets nothing", async () => {
    await using served = await serve();
    expect(await served.set({ temperature: 0 }, "?session=cold")).toEqual(success);
    expect(await served.set({ temperature: 2 }, "?session=hot")).toEqual(success);
    const asked = await Promise.all(["?session=cold", "?session=hot", "?session=plain", ""].map(served.ask));
    expect(asked).toEqual(['{"temperature":0}', '{"temperature":2}', '"none"', '"none"']);
    const shown = await Promise.all(["?session=cold", "?session=hot", "?session=plain"].map(served.shown));
    expect(shown).toMatchObject([{ temperature: 0 }, { temperature: 2 }, { temperature: 0.2 }]);
    expect(served.host.settings.get("one")).toMatchObject({ temperature: 0.2 });
  });

  it("should hold on the socket of that conversation, from its next message on", async () => {
    await using served = await serve();
    const [mine, other] = [await served.socket("?session=mine"), await served.socket("?session=other")];
    expect(await mine.ask()).toBe('"none"');
    await served.set({ temperature: 1 }, "?session=mine");
    expect([await mine.ask(), await other.ask()]).toEqual(['{"temperature":1}', '"none"']);
    await served.set({ temperature: 1.5 }, "?session=mine");
    expect(await mine.ask()).toBe('{"temperature":1.5}');
    for (const socket of [mine, other]) socket.close();
  });

  it.each([
    [{ temperature: 9 }, "temperature of one must be <= 2", 400],
    [{ temperature: "hot" }, "temperature of one must be number", 400],
    [{ top_p: 1 }, "Setting llm.top_p not found", 404],
    [{ temperature: 1, constructor: 1 }, "Setting llm.constructor not found", 404],
    [{ temperature: 1, api_base: "http://127.0.0.1:1" }, "needs the role configure; this client has run", 403],
    [{ temperature: 1, api_key: "k" }, "needs the role configure; this client has run", 403],
    [{ temperature: 1, model: "dear" }, "needs the role configure; this client has run", 403],
  ])(
    "should be refused where the model or the role does not allow it, and nothing beside is kept (%j)",
    async (llm, why, status) => {
      await using served = await serve();
      const before = served.host.settings.get("one");
      expect(await served.set(llm)).toEqual([{ error: expect.stringContaining(why) }, status]);
      expect(await served.ask()).toBe('"none"');
      expect(served.host.settings.get("one")).toEqual(before);
    },
  );

  it("should be refused where the model takes none for one run", async () => {
    await using served = await serve({}, "./shout");
    expect(await served.set({ temperature: 1 })).toEqual([{ error: "one takes no temperature for one run" }, 400]);
  });

  it("should leave the address and the name of the model to whoever may configure, for everybody", async () => {
    await using served = await serve({ role: "configure" });
    expect(await served.set({ api_base: "http://127.0.0.1:1", model: "other" }, "?session=mine")).toEqual(success);
    expect(served.host.settings.get("one")).toMatchObject({ baseURL: "http://127.0.0.1:1", model: "other" });
    expect(await served.ask("?session=mine")).toBe('"none"');
  });
});
