import { describe, expect, it } from "vitest";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { collect, flowsOver, sandbox } from "../flow/flow-kit.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("the files of a session", () => {
  it("should be there before any sandbox is, and in each that is opened", async () => {
    const box = new FakeSandbox();
    const { runs, sessions } = flowsOver({ sandboxes: { box } }, { run: sandbox("box") });
    await sessions.put("mine", [{ path: "a.txt", content: bytes("first") }]);
    await sessions.put("mine", [{ path: "a.txt", content: bytes("second") }]);
    expect(await sessions.files("mine")).toMatchObject([{ path: "a.txt", size: 6 }]);
    expect(await sessions.get("mine", "a.txt")).toEqual(bytes("second"));
    await collect(runs.open({ input: { code: "1" }, session: "mine" }));
    expect(await box.sessions[0]?.get("a.txt")).toEqual(bytes("second"));
    expect(await sessions.get("mine", "a.txt")).toEqual(bytes("second"));
  });

  it("should be refused by name where there is no such session or file", async () => {
    const { sessions } = flowsOver({ sandboxes: { box: new FakeSandbox() } }, { run: sandbox("box") });
    await expect(sessions.files("none")).rejects.toMatchObject({ code: "SLUICE_SESSION_NOT_FOUND" });
    await sessions.put("mine", []);
    await expect(sessions.get("mine", "a.txt")).rejects.toMatchObject({ code: "SLUICE_FILE_NOT_FOUND" });
  });
});

describe("sessions", () => {
  it("should run one run after the other, in the order they were opened", async () => {
    const box = new FakeSandbox();
    const { runs } = flowsOver({ sandboxes: { box } }, { run: sandbox("box") });
    const opened = ["a", "b", "c"].map((code) => runs.open({ input: { code }, session: "mine" }));
    await Promise.all(opened.map((run) => run.done));
    expect(box.sessions.map((session) => session.executed)).toEqual([["a", "b", "c"]]);
  });
});
