import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import type { SluiceError } from "../../../../core/contract/index.ts";
import { containEvents, contained } from "../../../../core/kit/index.ts";
import { turns, watchUncaught } from "../../../fuzz/uncaught.ts";

const thrown: readonly (readonly [string, unknown])[] = [
  ["an error", new Error("no")],
  ["nothing", undefined],
  ["null", null],
  ["an object without a text", Object.create(null)],
  ["a symbol", Symbol("no")],
  ["an error whose message throws", Object.defineProperty(new Error(), "message", { get: () => boom() })],
  ["an error whose message is no text", Object.assign(new Error(), { message: Object.create(null) })],
  ["a message of a gigabyte", new Error("x".repeat(1 << 28))],
];

function boom(): never {
  throw new Error("boom");
}

describe("a callback that is contained", () => {
  it.each(thrown)("should tell of %s that it throws, at once or later, as one typed error", async (_, value) => {
    using watch = watchUncaught();
    const faults: SluiceError[] = [];
    const onFault = (error: SluiceError) => void faults.push(error);
    const emitter = containEvents(new EventEmitter(), onFault);
    emitter.on("data", () => {
      throw value;
    });
    emitter.emit("data");
    contained(() => {
      throw value;
    }, onFault)();
    contained(() => Promise.reject(value), onFault)();
    await turns();
    expect(faults).toHaveLength(3);
    for (const fault of faults) {
      expect(fault.code).toBe("SLUICE_INTERNAL");
      expect(fault.message.length).toBeLessThanOrEqual(8_000);
    }
    expect(watch.errors).toEqual([]);
  });

  it("should not let the fault's own handler out either, nor an error that nobody listens to", async () => {
    using watch = watchUncaught();
    const emitter = containEvents(new EventEmitter(), boom);
    emitter.emit("error", new Error("nobody listens"));
    setTimeout(contained(boom, boom), 0);
    contained(() => Promise.reject(new Error("later")), boom)();
    await turns();
    expect(watch.errors).toEqual([]);
  });
});
