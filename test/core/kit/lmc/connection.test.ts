import { describe, expect, it } from "vitest";
import { LmcConnection } from "../../../../core/kit/lmc/connection.ts";
import { connect, serve } from "./asking.ts";
import { said, startFakeLmc } from "./fake-lmc-server.ts";

describe("a connection", () => {
  it("should greet with the key, and be told when it is wrong", async () => {
    const server = await serve({ key: "right" });
    await connect(server, "right");
    expect(server.received[0]).toEqual({ auth: "right" });
    await expect(connect(server, "wrong")).rejects.toMatchObject({ code: "SLUICE_MODEL_AUTH" });
  });

  it("should send the greeting without a key as well", async () => {
    const server = await serve({});
    await connect(server);
    expect(server.received[0]).toEqual({ auth: "" });
  });

  it("should bear what comes before it is let in", async () => {
    const server = await serve({
      connected: (socket) => {
        socket.send(JSON.stringify(said("somebody else's")));
        socket.send(Buffer.from([1, 2, 3]));
        socket.send("no JSON");
        socket.send("5");
        socket.send("null");
        socket.send("[]");
        socket.send(JSON.stringify({ auth: true }));
      },
    });
    expect((await connect(server)).alive).toBe(true);
  });

  it("should say that nobody answers, that the server hangs, and what it was told to stop for", async () => {
    const server = await serve({ connected: () => undefined });
    await expect(connect(server, undefined, 50)).rejects.toMatchObject({ code: "SLUICE_MODEL_TIMEOUT" });
    const stopped = LmcConnection.open(
      { url: server.url, source: "there", timeout: 5000 },
      AbortSignal.abort(new Error("stop")),
    );
    await expect(stopped).rejects.toThrow("stop");
    const gone = await startFakeLmc();
    await gone[Symbol.asyncDispose]();
    await expect(connect(gone)).rejects.toMatchObject({ code: "SLUICE_MODEL_UNREACHABLE" });
  });
});
