import { Observable } from "rxjs";
import { describe, expect, it } from "vitest";
import type { ExecEvent, ExecuteOptions, SandboxSession } from "../../../core/contract/index.ts";
import { FakeModel, FakeSandbox } from "../../../core/testing/index.ts";
import { endOf, flowsOver, grammar, model, sandbox } from "./flow-kit.ts";

const ended = { exitCode: null, signal: "SIGKILL", stateLost: true, wallMs: 1, cpuMs: 1, peakBytes: 1 };

/** Its programs do not end before they are ended: by their time-out, when they are told to, or never. */
class EndlessSandbox extends FakeSandbox {
  readonly #how: "time-out" | "stop" | "never";
  readonly #own: number;

  constructor(how: "time-out" | "stop" | "never", own = Number.POSITIVE_INFINITY) {
    super();
    this.#how = how;
    this.#own = own;
  }

  override async open(...given: Parameters<FakeSandbox["open"]>): Promise<SandboxSession> {
    const session = await super.open(...given);
    session.execute = (code, options) => this.#execute(code, options);
    return session;
  }

  #execute(code: string, { timeout = 0, signal }: ExecuteOptions): Observable<ExecEvent> {
    return new Observable((reader) => {
      reader.next({ type: "exec-start", data: { language: "python", code } });
      const end = (status: "timeout" | "killed") => {
        reader.next({ type: "exec-end", data: { status, ...ended } });
        reader.complete();
      };
      if (this.#how === "stop") signal?.addEventListener("abort", () => end("killed"), { once: true });
      if (this.#how !== "time-out") return undefined;
      const timer = setTimeout(() => end("timeout"), Math.min(this.#own, timeout));
      return () => clearTimeout(timer);
    });
  }
}

const input = { code: "while True: pass" };
const error = {
  type: "error",
  source: "core",
  data: { code: "SLUICE_RUN_TIMEOUT", message: "the run took longer than 40 ms" },
};

describe("the time-out of a run", () => {
  it.each([
    ["the program ends by it", new EndlessSandbox("time-out")],
    ["the program is stopped", new EndlessSandbox("stop")],
    ["the program does not end", new EndlessSandbox("never")],
  ])("should be told by the same error where %s", async (_, box) => {
    const { collect } = flowsOver({ sandboxes: { box } }, { run: sandbox("box") });
    const events = await collect({ input, timeout: 40 });
    expect(events.at(-2)).toMatchObject(error);
    expect(endOf(events)).toMatchObject({ status: "timeout", reason: error.data.message });
    expect(grammar(events).filter((type) => type === "error")).toEqual(["error"]);
  });

  it("should be told by the same error where a model hangs", async () => {
    const slow = new FakeModel([{ pieces: ["I think"], hang: true }]);
    const { collect } = flowsOver({ models: { slow } }, { chat: model("slow") });
    const events = await collect({ input: { text: "Go" }, timeout: 40 });
    expect(events.at(-2)).toMatchObject(error);
    expect(endOf(events).status).toBe("timeout");
  });

  it("should not be blamed for a program that took longer than its sandbox allows", async () => {
    const { collect } = flowsOver({ sandboxes: { box: new EndlessSandbox("time-out", 20) } }, { run: sandbox("box") });
    const events = await collect({ input, timeout: 60_000 });
    expect(grammar(events)).toEqual(["run-start", "exec-start", "exec-end", "run-end"]);
    expect(endOf(events)).toMatchObject({ status: "timeout", reason: "the program took longer than its time-out" });
  });
});
