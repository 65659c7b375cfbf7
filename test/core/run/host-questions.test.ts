import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RunQueue, SluiceError } from "../../../core/contract/index.ts";
import { askHost, demandQuestion, demandRequest } from "../../../core/run/host-questions.ts";
import { fromRequest, toRequest } from "../../../core/run/queued-request.ts";

const refused = expect.objectContaining({ code: "SLUICE_JSON_REFUSED" });
const request = toRequest({ input: { text: "go" }, session: "talk", tags: ["a"], timeout: 5 }, "chat", "s_1");
const info = { session: "talk", created: "t", lastUsed: "t", runs: 1, sandboxes: [] };
const answering = (value: unknown) => ({ ask: async () => value }) as unknown as RunQueue;

describe("what hosts of a cluster ask each other", () => {
  it.each<[string, unknown]>([
    ["open", request],
    ["cancel", { scope: "step" }],
    ["interrupt", {}],
    ["input", { kind: "stdin", text: null }],
    ["input", { kind: "approval", approved: true, always: true, question: 7 }],
    ["input", { kind: "message", text: "more" }],
    ["file", { path: "a.txt" }],
    ["session-put", { session: "talk", seen: info, files: [{ path: "a", base64: "" }], owner: "me" }],
    ["host.settings", { instance: "gpt", values: { temperature: 1 }, origin: "me" }],
  ])("should be taken: %s %j", (method, params) => {
    expect(demandQuestion({ method, params })).toEqual({ method, params });
  });

  it.each<[string, unknown]>([
    ["open", undefined],
    ["open", {}],
    ["open", { ...request, files: [{ path: "a" }] }],
    ["open", { ...request, options: { flow: 7 } }],
    ["open", { ...request, options: { flow: "chat", budget: { usd: "all" } } }],
    ["open", { ...request, input: { code: 1 } }],
    ["open", { ...request, history: [{ role: "system", text: "x", files: [] }] }],
    ["cancel", undefined],
    ["cancel", { scope: "host" }],
    ["input", { kind: "approval", approved: "yes" }],
    ["input", { kind: "stdin", text: 7 }],
    ["input", null],
    ["file", { path: ["a"] }],
    ["session-get", { session: null }],
    ["session-put", { session: "talk", files: {} }],
    ["session-close", { session: "talk", seen: { session: "talk" } }],
    ["host.settings", { instance: "gpt", values: [], origin: 1 }],
  ])("should be refused with what is wrong of it: %s %j", (method, params) => {
    expect(() => demandQuestion({ method, params })).toThrow(refused);
  });

  it("should be refused where nobody answers that, whatever it is called", () => {
    for (const method of ["shutdown", "__proto__", "constructor", "host.", ""]) {
      expect(() => demandQuestion({ method, params: {} })).toThrow(expect.objectContaining({ code: "SLUICE_USAGE" }));
    }
    fc.assert(
      fc.property(fc.jsonValue(), (asked) => {
        try {
          demandQuestion(asked);
        } catch (error) {
          expect(SluiceError.is(error)).toBe(true);
        }
      }),
    );
  });
});

describe("what they answer, and give to the queue", () => {
  it.each<[string, unknown]>([
    ["sessions", [{ ...info, sandboxes: "none" }]],
    ["sessions", "none"],
    ["session", {}],
    ["files", [{ path: "a", size: -1 }]],
    ["file", { base64: "" }],
    ["interrupt", "yes"],
    ["host.use", { memory: 1, lag: 0, sandboxes: 0, runs: [{}], more: 0 }],
  ])("should be refused with what is wrong of it: %s %j", async (method, answer) => {
    await expect(askHost(answering(answer), { host: "h", method, params: {} })).rejects.toEqual(refused);
  });

  it("should be what whoever asked can use", async () => {
    expect(await askHost(answering([info]), { method: "sessions", params: {} })).toEqual([info]);
    expect(await askHost(answering(null), { method: "session", params: {} })).toBeNull();
  });

  it("should be a run as it was opened, or be refused", () => {
    const told = JSON.parse(JSON.stringify(request));
    expect(fromRequest(demandRequest(told), async () => undefined)).toMatchObject({ session: "talk", flow: "chat" });
    fc.assert(
      fc.property(fc.jsonValue(), (given) => {
        expect(() => demandRequest(given)).toThrow(refused);
      }),
    );
  });
});
