import { afterEach, describe, expect, it, vi } from "vitest";
import { FramedView } from "../../bin/execution/framed-view.ts";
import { ProgramView } from "../../bin/execution/program-view.ts";
import { duration, localTime, plural, timeZone } from "../../bin/output/style.ts";
import { capture } from "./capture.ts";
import { eventsOf, zero } from "./fake-run.ts";

afterEach(() => vi.unstubAllEnvs());

describe("a run of somebody else", () => {
  it("should have a head and an end on stderr, and its own output alone on stdout", async () => {
    const { outputs, stdout, stderr } = capture();
    const view = new FramedView(new ProgramView(outputs), outputs.stderr);
    const events = eventsOf(
      [
        "run-start",
        { flow: "run", session: "s_1", input: { code: "print(1)\u001b[2K", language: "python", file: "a.py" } },
      ],
      ["exec-stdout", { text: "1\n", offset: 0 }],
      ["run-end", { status: "failed", exitCode: 3, reason: "it ended with 3", ...zero }],
    );
    for (const event of events) await view.show(event);
    expect(stdout().toString()).toBe("1\n");
    expect(stderr()).toContain("[r_1: flow run, session s_1, started 20");
    expect(stderr()).toContain("[python a.py]\nprint(1)");
    expect(stderr()).not.toContain("\u001b[2K");
    expect(stderr()).toMatch(/\[failed after <1ms, exit code 3: it ended with 3\]\n$/);
  });
});

describe("the head of a run at a terminal with colours", () => {
  it.each([
    { code: "print(1)", language: "python" },
    { code: "print(1)", language: "python", file: "a.py", args: ["-v"] },
    { text: "what is \u001b[31mred\u001b[0m?" },
    { text: "two\nlines", files: ["a.csv"] },
  ])("should be painted, and show none of its paint: %j", async (input) => {
    vi.stubEnv("FORCE_COLOR", "1");
    vi.stubEnv("NO_COLOR", undefined);
    const { outputs, stderr } = capture();
    const view = new FramedView(new ProgramView(outputs), outputs.stderr);
    for (const event of eventsOf(["run-start", { flow: "run", session: "s_1", input }])) await view.show(event);
    expect(stderr()).toContain("\u001b[2m[---]\u001b[22m\n");
    expect(stderr()).not.toContain("\\x1b[2m");
    expect(stderr()).not.toContain("\u001b[31m");
    expect(stderr()).not.toContain("without a name");
    expect(stderr().includes("[python]")).toBe("code" in input && !("file" in input));
  });
});

describe("times and counts", () => {
  it.each([
    ["Asia/Kolkata", "2026-05-01 19:33:22", "UTC+05:30"],
    ["America/New_York", "2026-05-01 10:03:22", "UTC-04:00"],
    ["UTC", "2026-05-01 14:03:22", "UTC"],
  ])("should be those of the clock on the wall in %s", (zone, time, label) => {
    vi.stubEnv("TZ", zone);
    expect(localTime("2026-05-01T14:03:22.123Z")).toBe(time);
    expect(timeZone(new Date("2026-05-01T14:03:22.123Z"))).toBe(label);
  });

  it("should leave what is no time as it is", () => expect(localTime("yesterday")).toBe("yesterday"));

  it("should never be nothing, where time passed", () => {
    expect([0, 0.4, 1, 999, 1000, 61_000].map(duration)).toEqual(["<1ms", "<1ms", "1ms", "999ms", "1s", "1m 1s"]);
  });

  it("should be in number with what they count", () => {
    expect([0, 1, 2].map((count) => plural(count, "file"))).toEqual(["0 files", "1 file", "2 files"]);
  });
});
