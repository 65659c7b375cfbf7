import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorOf, itemOf, questionOf, toldOf } from "../../../plugins/queue-nats/heard.ts";

const refused = expect.objectContaining({ code: "SLUICE_JSON_REFUSED" });
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const item = { run: "r", flow: "f", client: "c", priority: "normal", request: {} };

describe("what a queue hears of other hosts", () => {
  it.each([{}, { method: 1 }, { method: "x", run: 7 }, { method: "x", host: null }, { run: "r" }])(
    "should be no question: %j",
    (asked) => {
      expect(() => questionOf(asked)).toThrow(refused);
    },
  );

  it.each<[unknown]>([
    [{}],
    [{ ...item, client: 7 }],
    [{ ...item, priority: "urgent" }],
    [{ ...item, attempts: 0 }],
    [{ ...item, attempts: "3" }],
    [{ ...item, run: "" }],
    [[item]],
    [null],
  ])("should be no run: %j", (given) => {
    expect(itemOf(bytes(given))).toBeUndefined();
  });

  it("should be the run, the question and the error that were said", () => {
    expect(itemOf(bytes(item))).toEqual(item);
    expect(itemOf(Buffer.from("{"))).toBeUndefined();
    expect(questionOf({ run: "r", method: "cancel", params: 1, more: 2 })).toEqual({
      ...{ run: "r", method: "cancel", params: 1 },
    });
    expect(errorOf({ code: "SLUICE_RUN_NOT_WAITING", message: "m", cure: "c" }).code).toBe("SLUICE_RUN_NOT_WAITING");
  });

  it("should be something that can be shown and counted, whatever it is", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (told, error) => {
        const { name, capacity, running, about } = toldOf("h", told);
        expect([typeof name, typeof about.version]).toEqual(["string", "string"]);
        for (const count of [capacity, running, about.active]) expect(Number.isSafeInteger(count)).toBe(true);
        expect(errorOf(error).code).toBe("SLUICE_JSON_REFUSED");
      }),
    );
  });
});
