import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SluiceClient } from "../../core/client/index.ts";
import { startTestHost, type TestHost } from "../../core/testing/index.ts";
import { png } from "../core/kit/upstream/pictures.ts";
import { seen, speak, Upstream } from "../core/kit/upstream/upstream.ts";
import { LmcSocket } from "../plugins/lmc/lmc-kit.ts";

const base64 = png.toString("base64");

describe("a picture that is sent over a transport", () => {
  let upstream: Upstream;
  let started: TestHost;
  let address: string;

  beforeAll(async () => {
    upstream = await Upstream.start(speak("A chart."));
    const eye = { model: "m", baseURL: `${upstream.url}/v1`, vision: true };
    const transport = { listen: "127.0.0.1:0" };
    started = await startTestHost({
      config: {
        version: 1,
        plugins: {
          eye: { use: "llm-openai-compatible", with: eye },
          ws: { use: "websocket", with: transport },
          api: { use: "openai-api", with: transport },
          lmc: { use: "lmc", with: { ...transport, key: "none" } },
        },
        flows: { chat: "eye" },
      },
      transports: true,
      store: false,
    });
    address = started.host.addresses[0] ?? "";
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
  });

  const lastMessages = () => upstream.bodies.at(-1)?.["messages"];

  it("should reach the model from the wire", async () => {
    const client = new SluiceClient({ url: address.replace("http", "ws"), token: started.host.info.token ?? "" });
    const ended = new Promise((resolve, reject) => {
      const input = { text: "What is wrong?", files: [{ path: "chart.png", base64 }] };
      client.run("chat", input).subscribe({ complete: () => resolve(undefined), error: reject });
    });
    await ended;
    client.close();
    expect(lastMessages()).toEqual([seen(base64, "What is wrong?\n\nFiles in the working directory: chart.png")]);
  });

  it("should reach the model from an OpenAI client, of earlier messages too", async () => {
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: started.host.info.token ?? "", maxRetries: 0 });
    const url = `data:image/png;base64,${base64}`;
    const picture = { type: "image_url" as const, image_url: { url } };
    await client.chat.completions.create({
      model: "chat",
      messages: [
        { role: "user", content: [picture, { type: "text", text: "First?" }] },
        { role: "assistant", content: "A chart." },
        { role: "user", content: [{ type: "text", text: "And this?" }, picture] },
      ],
    });
    expect(lastMessages()).toEqual([
      seen(base64, "First?\n\nFiles in the working directory: image-1.png"),
      { role: "assistant", content: "A chart." },
      seen(base64, "And this?\n\nFiles in the working directory: image-2.png"),
    ]);
  });

  it.each(["http://127.0.0.1:1/x.png", "data:text/html;base64,AAAA", "data:image/svg+xml;base64,AAAA", 7])(
    "should be refused from an OpenAI client where it is %s",
    async (url) => {
      const before = upstream.bodies.length;
      const response = await fetch(`${address}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${started.host.info.token}`, "content-type": "application/json" },
        body: JSON.stringify({
          model: "chat",
          messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
        }),
      });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain("data: URL");
      expect(upstream.bodies).toHaveLength(before);
    },
  );

  it("should be fetched for an OpenAI client where the profile lists its host, and else refused by its place", async () => {
    await using shown = await Upstream.start((response) => void response.end(png));
    const host = new URL(shown.url).host;
    const asked = (url: string) => ({ type: "image_url" as const, image_url: { url } });
    const content = [asked(`${shown.url}/a`), { type: "text" as const, text: "Which?" }, asked(`${shown.url}/b`)];
    await using open = await startTestHost({
      config: {
        version: 1,
        plugins: {
          eye: { use: "llm-openai-compatible", with: { model: "m", baseURL: `${upstream.url}/v1`, vision: true } },
          api: { use: "openai-api", with: { listen: "127.0.0.1:0", pictures: { from: [host], most: 2 } } },
        },
        flows: { chat: "eye" },
      },
      transports: true,
      store: false,
    });
    const ask = (at: TestHost, parts: typeof content) => {
      const options = { apiKey: at.host.info.token ?? "", maxRetries: 0, baseURL: `${at.host.addresses[0]}/v1` };
      const messages = [{ role: "user" as const, content: parts }];
      return new OpenAI(options).chat.completions.create({ model: "chat", messages });
    };
    await ask(open, content);
    const [message] = lastMessages() as { content: { type: string; image_url?: { url: string } }[] }[];
    expect(message?.content.map(({ image_url }) => image_url?.url)).toEqual([
      `data:image/png;base64,${base64}`,
      `data:image/png;base64,${base64}`,
      undefined,
    ]);
    expect(message?.content.at(-1)).toMatchObject({ text: expect.stringContaining("image-1.png, image-2.png") });
    expect(shown.paths).toEqual(["/a", "/b"]);
    const before = upstream.bodies.length;
    const refused = async (at: TestHost, parts: typeof content) => {
      const error = await ask(at, parts).catch((thrown: object) => thrown);
      return [(error as { status: number }).status, (error as { param: string }).param];
    };
    // Nothing is fetched by default; of a request with one too many, or with anything else that is wrong, nothing either.
    expect(await refused(started, content)).toEqual([400, "messages[0].content[0].image_url"]);
    expect(await refused(open, [...content, asked(`${shown.url}/c`)])).toEqual([
      400,
      "messages[0].content[3].image_url",
    ]);
    expect(await refused(open, [...content, asked("data:text/html,x")])).toEqual([
      400,
      "messages[0].content[3].image_url",
    ]);
    expect(shown.paths).toHaveLength(2);
    expect(await refused(open, [asked("http://127.0.0.1:1/")])).toEqual([400, "messages[0].content[0].image_url"]);
    expect(upstream.bodies).toHaveLength(before);
  });

  it("should reach the model from an LMC client", async () => {
    const socket = await LmcSocket.connect(`${address.replace("http", "ws")}/`);
    await socket.authenticate();
    socket.send({ role: "user", start: true });
    socket.send({ role: "user", type: "message", content: "What is wrong?" });
    socket.send({ role: "user", type: "image", format: "base64.png", content: base64 });
    socket.send({ role: "user", end: true });
    await socket.until((frame) => frame["type"] === "status" && frame["content"] === "complete");
    socket.socket.terminate();
    expect(lastMessages()).toEqual([seen(base64, expect.stringContaining("What is wrong?"))]);
  });
});
