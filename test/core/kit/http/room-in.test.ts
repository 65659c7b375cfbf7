import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { roomIn } from "../../../../core/kit/http/room-in.ts";

const full = () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  stream.write("more than it takes");
  return stream;
};
const listeners = (stream: PassThrough) => stream.listenerCount("drain") + stream.listenerCount("close");

describe("roomIn", () => {
  it("should wait for nothing where there is room, and where the stream has gone", async () => {
    await roomIn(new PassThrough());
    const gone = full();
    gone.destroy();
    await roomIn(gone);
  });

  it.each([
    ["takes more", (stream: PassThrough) => stream.resume()],
    ["goes", (stream: PassThrough) => stream.destroy()],
  ])("should resolve when the stream %s, and leave no listener", async (_, act) => {
    const stream = full();
    const before = listeners(stream);
    const waiting = Promise.all([roomIn(stream), roomIn(stream)]);
    act(stream);
    await waiting;
    expect(listeners(stream)).toBe(before);
  });
});
