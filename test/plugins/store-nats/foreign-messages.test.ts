import { headers as newHeaders } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { decode, headOf } from "../../../plugins/store-nats/chunk.ts";
import { LargeMessages } from "../../../plugins/store-nats/large.ts";
import { NatsLink } from "../../../plugins/store-nats/link.ts";
import { parseRecord } from "../../../plugins/store-nats/run-index.ts";
import { demandPlace } from "../../../plugins/store-nats/work-queue.ts";

const failed = expect.objectContaining({ code: "SLUICE_STORE_FAILED" });
const record = { run: "r", flow: "f", session: "s", input: "i", status: "ok", started: "t" };

describe("a message that no host of ours has written", () => {
  it("should end no connection, whoever listens", () => {
    const warned: string[] = [];
    const log = { warn: (message: string) => warned.push(message) };
    const link = new NatsLink({ config: { servers: [] }, log, name: "", folder: "/" } as never);
    const callbacks: ((error: Error | null, message: unknown) => void)[] = [];
    const connection = {
      subscribe: (_subject: string, { callback }: { callback: (typeof callbacks)[number] }) => {
        callbacks.push(callback);
        return { unsubscribe: () => undefined };
      },
    };
    Object.defineProperty(link, "connection", { value: connection });
    link.listen("a", () => {
      throw new TypeError("no such field");
    });
    callbacks[0]?.(null, {});
    callbacks[0]?.(new Error("of the connection"), {});
    expect(warned).toEqual(["a message at a is left out"]);
  });

  it.each(["r/1/r", "queue/r", "call", "../call/x", "", "call/../queue/r"])(
    "should have no object read or deleted that is not of its kind: %s",
    async (name) => {
      const touched: string[] = [];
      const objects = {
        getBlob: async (each: string) => {
          touched.push(each);
          return null;
        },
        delete: async (each: string) => void touched.push(each),
      };
      const large = new LargeMessages({} as never, () => ({ objects }) as never);
      const read = large.read(new TextEncoder().encode(`sluice-object:${name}`), "call").then(({ drop }) => drop());
      await read.catch((error: unknown) => expect(error).toEqual(failed));
      expect(touched.filter((each) => !each.startsWith("call/"))).toEqual([]);
    },
  );

  it.each([
    {},
    { priority: "normal" },
    { priority: "a.b", client: "c" },
    { priority: ">", client: "c" },
    { priority: "", client: "c" },
    { priority: "normal", client: "c".repeat(513) },
    { priority: "__proto__", client: "c" },
  ])("should become no subject of the queue: %j", (place) => {
    expect(() => demandPlace(place)).toThrow(failed);
  });

  it.each([
    "{}",
    '{"record":null}',
    JSON.stringify({ record, owner: { host: "h" } }),
    JSON.stringify({ record, owner: { host: "h" }, models: [1] }),
    JSON.stringify({ record: { ...record, started: 1 }, owner: { host: "h" }, models: [] }),
    JSON.stringify({ record, owner: null, models: [] }),
  ])("should be no record of a run: %s", (text) => {
    expect(() => parseRecord(text)).toThrow(failed);
  });

  it("should be a typed error where it cannot be unpacked, and no number of hosts that is none", () => {
    const headers = newHeaders();
    for (const [name, value] of [
      ["First", "1"],
      ["Last", "1"],
      ["Packed", "zstd"],
      ["Attempt", "-3"],
    ] as const)
      headers.set(`Sluice-${name}`, value);
    expect(() => decode("r", headers, Buffer.from("no zstd"))).toThrow(failed);
    expect(headOf(headers).attempt).toBe(1);
  });
});
