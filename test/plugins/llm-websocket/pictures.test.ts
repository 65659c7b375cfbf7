import { describe, expect, it } from "vitest";
import { png } from "../../core/kit/upstream/pictures.ts";
import { speak, Upstream } from "../../core/kit/upstream/upstream.ts";
import { errorOf, eventsOf, open, scripted, startTwo } from "./hosts.ts";

describe("a flow of another host as a model", () => {
  it.each(["history", "session"])("should show pictures to a model over there that can see: %s", async (memory) => {
    const upstream = await Upstream.start(speak("A chart."));
    open.push(upstream);
    const eye = { use: "llm-openai-compatible", with: { model: "m", baseURL: `${upstream.url}/v1`, vision: true } };
    const { here } = await startTwo({ plugins: { eye }, flows: { chat: "eye" } }, { memory });
    const input = { text: "See", files: [{ path: "chart.png", content: png }] };
    const events = await eventsOf(here, { input, session: "s" });
    expect(errorOf(events)).toBeUndefined();
    expect(JSON.stringify(upstream.bodies[0]?.["messages"])).toContain(
      `data:image/png;base64,${png.toString("base64")}`,
    );
    await eventsOf(here, { input: { text: "And?" }, session: "s" });
    expect(JSON.stringify(upstream.bodies[1]?.["messages"]).split("data:image/png")).toHaveLength(2);
  });

  it("should be shown pictures that fit into no frame", async () => {
    const upstream = await Upstream.start(speak("A large chart."));
    open.push(upstream);
    const eye = { use: "llm-openai-compatible", with: { model: "m", baseURL: `${upstream.url}/v1`, vision: true } };
    const { here } = await startTwo({ plugins: { eye }, flows: { chat: "eye" } });
    const content = Buffer.concat([png, Buffer.alloc(1024 * 1024)]);
    const events = await eventsOf(here, { input: { text: "See", files: [{ path: "large.png", content }] } });
    expect(errorOf(events)).toBeUndefined();
    expect(JSON.stringify(upstream.bodies[0]?.["messages"])).toContain(content.toString("base64"));
  });

  it("should fail by name where pictures are more than the other host takes at once", async () => {
    const transport = { use: "websocket", with: { listen: "127.0.0.1:0", limits: { upload: "1m" } } };
    const { here } = await startTwo({ plugins: { eye: scripted("never"), transport }, flows: { chat: "eye" } });
    const content = Buffer.concat([png, Buffer.alloc(1024 * 1024)]);
    const events = await eventsOf(here, { input: { text: "See", files: [{ path: "huge.png", content }] } });
    expect(errorOf(events)).toMatchObject({
      code: "SLUICE_FILE_TOO_LARGE",
      message: expect.stringContaining("may have 1048576"),
    });
    expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "failed" } });
  });
});
