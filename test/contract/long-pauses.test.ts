import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { SluiceClient } from "../../core/client/index.ts";
import { startTestHost } from "../../core/testing/index.ts";

/** A pause of 0 is never over, and one of weeks is longer than a timer of JavaScript can count. */
const pauses = ["0s", "25d", "2147483648ms", "9999d"];

async function serve(time: string) {
  const listen = "127.0.0.1:0";
  const actor = { use: "llm-scripted", with: { script: [{ wait: "300ms", text: "Here." }], repeat: true } };
  return startTestHost({
    transports: true,
    store: false,
    config: {
      version: 1,
      plugins: {
        actor,
        http: {
          use: "http-server",
          with: { handshakeTimeout: time, requestTimeout: time },
        },
        wire: { use: "websocket", with: { listen, heartbeat: time, stall: time, detach: time, ticket: time } },
        classic: { use: "lmc", with: { listen, heartbeat: time, key: "none" } },
        api: { use: "openai-api", with: { listen, timeout: time } },
      },
      flows: { chat: "actor" },
    },
  });
}

describe.each(pauses)("durations of %s", (time) => {
  it("should neither be over at once nor be counted by the millisecond", async () => {
    await using started = await serve(time);
    const [url = ""] = started.host.addresses;
    const token = started.host.info.token ?? "";
    const states: string[] = [];
    const client = new SluiceClient({ url: `${url.replace("http", "ws")}/`, token, maxRetries: 0 });
    client.state$.subscribe((state) => states.push(state));
    let text = "";
    for await (const event of client.run("chat", { text: "hi" })) {
      if (event.type === "text-delta") text += event.data.text;
    }
    client.close();
    expect([text, states.filter((state) => state === "waiting")]).toEqual(["Here.", []]);
  });

  it("should not fill a socket with beats and pings", async () => {
    await using started = await serve(time);
    for (const protocol of ["sluice.v1", undefined]) {
      const address = `${(started.host.addresses[0] ?? "").replace("http", "ws")}/`;
      const socket = protocol === undefined ? new WebSocket(address) : new WebSocket(address, protocol);
      let heard = 0;
      socket.on("ping", () => {
        heard += 1;
      });
      socket.on("message", (data: Buffer) => {
        if (data.toString().includes('"beat"')) heard += 1;
      });
      await new Promise((resolve) => socket.once("open", resolve));
      if (protocol) socket.send(JSON.stringify({ t: "hello", client: "test", token: started.host.info.token }));
      await delay(200);
      expect([heard, socket.readyState]).toEqual([0, socket.OPEN]);
      socket.terminate();
    }
  });

  it("should let a completion take its time", async () => {
    await using started = await serve(time);
    const response = await fetch(`${started.host.addresses[0]}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${started.host.info.token}` },
      body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "hi" }] }),
    });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("Here.")]);
  });
});
