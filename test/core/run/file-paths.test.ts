import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SandboxSession, type SessionSpec, SluiceError } from "../../../core/contract/index.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { collect, flowsOver, sandbox } from "../flow/flow-kit.ts";

const content = new TextEncoder().encode("x");
const good = { path: "good.txt", content };
const serve = (box = new FakeSandbox()) => ({ box, ...flowsOver({ sandboxes: { box } }, { run: sandbox("box") }) });

const outside = [
  "../a",
  "/etc/passwd",
  "a\0b",
  "",
  ".",
  "..",
  "a/../b",
  "a/",
  "./a",
  "a//b",
  "a\\b",
  "..\\a",
  "\ud800",
];
const tooLong = ["x".repeat(256), "é".repeat(128), `${"d/".repeat(2000)}a`];
const refused = [
  ...outside.map((path) => [path, "SLUICE_FILE_OUTSIDE"] as const),
  ...tooLong.map((path) => [path, "SLUICE_FILE_FAILED"] as const),
];

class PickySandbox extends FakeSandbox {
  override async open(spec: SessionSpec, signal: AbortSignal): Promise<SandboxSession> {
    const session = await super.open(spec, signal);
    const put = session.put.bind(session);
    session.put = async (files) => {
      if (files.some((file) => file.path === "huge")) throw new SluiceError("SLUICE_FILE_TOO_LARGE", "huge");
      await put(files);
    };
    return session;
  }
}

describe("paths of files that clients give", () => {
  it.each(refused)("should be refused at once (%j, %s), and leave no session behind", async (path, code) => {
    const { sessions } = serve();
    await expect(sessions.put("mine", [good, { path, content }])).rejects.toMatchObject({ code });
    expect(sessions.list()).toEqual([]);
  });

  it.each(refused)("should refuse a run (%j, %s), and not its session's next one", async (path, code) => {
    const { runs, box } = serve();
    const events = await collect(runs.open({ input: { code: "1", files: [{ path, content }] }, session: "mine" }));
    expect(events.find(({ type }) => type === "error")?.data).toMatchObject({ code });
    expect(box.sessions).toEqual([]);
    const next = await collect(runs.open({ input: { code: "1", files: [good] }, session: "mine" }));
    expect(next.at(-1)?.data).toMatchObject({ status: "ok" });
  });

  it("should not be a file and a folder, of one message or of two", async () => {
    const { sessions } = serve();
    const file = (path: string) => ({ path, content });
    const conflict = { code: "SLUICE_FILE_FAILED" };
    await expect(sessions.put("mine", [file("a/b"), file("a")])).rejects.toMatchObject(conflict);
    await sessions.put("mine", [file("a")]);
    await expect(sessions.put("mine", [file("a/b/c")])).rejects.toMatchObject(conflict);
    expect(await sessions.files("mine")).toMatchObject([{ path: "a" }]);
  });

  it("should tell once of a file that the sandbox refuses, keep the others, and close what was opened for it", async () => {
    const { sessions, runs, box } = serve(new PickySandbox());
    await sessions.put("mine", [good, { path: "huge", content }]);
    const open = () => collect(runs.open({ input: { code: "1" }, session: "mine" }));
    const first = await open();
    expect(first.find(({ type }) => type === "error")?.data).toMatchObject({ code: "SLUICE_FILE_TOO_LARGE" });
    expect(box.sessions.map(({ disposed }) => disposed)).toEqual([true]);
    expect((await open()).at(-1)?.data).toMatchObject({ status: "ok" });
    expect(await box.sessions.at(-1)?.list()).toMatchObject([{ path: "good.txt" }]);
  });

  it("should never make a session unusable, whatever they are", async () => {
    const { sessions, runs } = serve();
    const part = fc.oneof(fc.string(), fc.constantFrom("..", ".", "", "a", "/", "\\", "\0", "x".repeat(300)));
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 4 }), async (parts) => {
        const put = sessions.put("mine", [{ path: parts.join("/"), content }]);
        const code = await put.then(
          () => undefined,
          (error: SluiceError) => error.code,
        );
        expect([undefined, "SLUICE_FILE_OUTSIDE", "SLUICE_FILE_FAILED"]).toContain(code);
        const events = await collect(runs.open({ input: { code: "1" }, session: "mine" }));
        expect(events.at(-1)?.data).toMatchObject({ status: "ok" });
      }),
      { seed: 20261128, numRuns: 100 },
    );
  });
});
