import { describe, expect, it } from "vitest";
import { FrameReader } from "../../../core/client/frames.ts";
import type { JournalEntry } from "../../../core/contract/index.ts";
import { stamp } from "../../../core/kit/events/stamped-event.ts";
import type { TransportSocket } from "../../../core/kit/index.ts";
import { protocol } from "../../../plugins/websocket/config.ts";
import { Outbox } from "../../../plugins/websocket/outbox.ts";

/** Takes everything at once, or what fits until it is drained. */
class FakeSocket {
  readonly sent: string[] = [];
  bufferedAmount = 0;
  stuck = false;
  closed = false;
  #drained: () => void = () => {};

  send(data: string | Uint8Array): void {
    const text = typeof data === "string" ? data : Buffer.from(data).toString();
    this.sent.push(text);
    if (this.stuck) this.bufferedAmount += text.length;
  }

  close(): void {
    this.closed = true;
  }

  onDrain(listener: () => void): void {
    this.#drained = listener;
  }

  drain(): void {
    this.bufferedAmount = 0;
    this.#drained();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const entryOf = (seq: number, text: string): JournalEntry => {
  const emission = { source: "box", type: "exec-result", data: { data: { "text/plain": text } } } as const;
  const event = stamp("r1", seq, "2026-01-01T00:00:00.000Z", emission);
  return { event, json: JSON.stringify(event) };
};
const small = { t: "ack-request", run: "r1", seq: 1 } as const;

function outbox(): { readonly socket: FakeSocket; readonly box: Outbox } {
  const socket = new FakeSocket();
  return { socket, box: new Outbox(socket as unknown as TransportSocket, 60_000) };
}

/** What a client makes of it. */
function read(sent: readonly string[]): unknown[] {
  const reader = new FrameReader();
  return sent.map((text) => reader.read(text)).filter((frame) => frame !== undefined);
}

describe("events too large for a frame", () => {
  const text = '"的" and \\ 😀\n'.repeat(300_000);

  it("should go in pieces, few in each turn of the event loop, and come whole and in order", async () => {
    const { socket, box } = outbox();
    const entries = [entryOf(1, text), entryOf(2, "between"), entryOf(3, text)];
    for (const entry of entries) box.sendEvent(entry);
    box.send(small);
    let most = 0;
    for (let before = -1; before < socket.sent.length; ) {
      before = socket.sent.length;
      await turn();
      most = Math.max(most, socket.sent.length - before);
    }
    expect(most).toBeLessThanOrEqual(3);
    expect(Math.max(...socket.sent.map((frame) => Buffer.byteLength(frame)))).toBeLessThanOrEqual(protocol.frame);
    const events = entries.map(({ json }) => ({ t: "event", event: JSON.parse(json) }));
    expect(read(socket.sent)).toEqual([...events, small]);
    expect(box.buffered).toBe(0);
  });

  it("should wait for a socket that is full, count as waiting, and wake whoever waits at their end", async () => {
    const { socket, box } = outbox();
    socket.stuck = true;
    box.sendEvent(entryOf(1, text));
    for (let turns = 0; turns < 50; turns += 1) await turn();
    const sent = socket.sent.length;
    expect(sent).toBeLessThan(8);
    expect(box.congested).toBe(true);
    let woken = 0;
    socket.stuck = false;
    box.whenDrained(() => {
      woken += 1;
    });
    socket.drain();
    while (box.buffered > 0) await turn();
    await turn();
    expect([woken, read(socket.sent).length, box.congested]).toEqual([1, 1, false]);
    box.dispose();
  });

  it("should all be sent before the socket is closed", () => {
    const { socket, box } = outbox();
    box.sendEvent(entryOf(1, text));
    box.send(small);
    box.finish();
    expect(read(socket.sent)).toHaveLength(2);
  });
});

describe("answers that nobody reads yet", () => {
  const answer = (size: number) => ({ t: "result", re: "a", result: { text: "x".repeat(size) } }) as const;
  const large = 20 * 1024 * 1024;

  it("should go on to whoever asked for a large one, with small ones behind it", () => {
    const { socket, box } = outbox();
    socket.stuck = true;
    box.send(answer(large));
    for (let count = 0; count < 100; count += 1) box.send(small);
    expect(socket.closed).toBe(false);
  });

  it("should end the socket where they pile up, small or large", () => {
    for (const [size, most] of [
      [100_000, 90],
      [large, 3],
    ] as const) {
      const { socket, box } = outbox();
      socket.stuck = true;
      for (let count = 0; count < most; count += 1) box.send(answer(size));
      expect(socket.closed).toBe(true);
    }
  });
});
