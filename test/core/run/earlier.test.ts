import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/errors.ts";
import { FakeModel, FakeSandbox } from "../../../core/testing/index.ts";
import { endOf, flowsOver, model, sandbox } from "../flow/flow-kit.ts";

type Turns = ReturnType<typeof talking>;

const code = (text: string) => `\`\`\`python\n${text}\n\`\`\``;

function talking(answers: readonly string[], programs?: ConstructorParameters<typeof FakeSandbox>[0]) {
  const fake = new FakeModel(answers);
  const box = new FakeSandbox(programs);
  const flows = flowsOver(
    { models: { fake }, sandboxes: { box } },
    {
      chat: model("fake"),
      run: sandbox("box"),
      write: { kind: "loop", body: { kind: "pipe", steps: [model("fake"), sandbox("box")] }, until: "done", max: 4 },
    },
  );
  /** What the model was told the last time it was asked. */
  const told = () => fake.requests.at(-1)?.messages.map(({ role, text }) => `${role}: ${text}`) ?? [];
  return { ...flows, told };
}

async function say({ runs }: Turns, text: string, options: { session?: string; continues?: string | null } = {}) {
  const run = runs.open({ flow: "chat", input: { text }, session: "talk", ...options });
  await run.done;
  return run.run;
}

describe("a run that continues an earlier one", () => {
  it("should know what was said until then, and nothing that came after", async () => {
    const talk = talking(["one", "two", "three", "four", "five"]);
    const first = await say(talk, "1");
    await say(talk, "2");
    await say(talk, "changed", { continues: first });
    expect(talk.told()).toEqual(["user: 1", "assistant: one", "user: changed"]);
    await say(talk, "next");
    expect(talk.told()).toEqual(["user: 1", "assistant: one", "user: changed", "assistant: three", "user: next"]);
    await say(talk, "anew", { continues: null });
    expect(talk.told()).toEqual(["user: anew"]);
  });

  it("should know it in a session that has ended, in another one, and alone", async () => {
    const talk = talking(["one", "two", "three", "four"]);
    const first = await say(talk, "1");
    const second = await say(talk, "2");
    await talk.sessions.close("talk");
    const before = ["user: 1", "assistant: one", "user: 2", "assistant: two"];
    await say(talk, "3", { continues: second });
    expect(talk.told()).toEqual([...before, "user: 3"]);
    await say(talk, "4", { session: "other", continues: first });
    expect(talk.told()).toEqual([...before.slice(0, 2), "user: 4"]);
  });

  it("should say in its journal which one it goes on from, asked for or not", async () => {
    const talk = talking(["one", "two", "three"]);
    const opened = ["1", "2"].map((text) => talk.runs.open({ flow: "chat", input: { text }, session: "talk" }));
    const alone = talk.runs.open({ flow: "chat", input: { text: "3" } });
    const starts: unknown[] = [];
    for (const run of [...opened, alone]) {
      for await (const event of run.events()) if (event.type === "run-start") starts.push(event.data.continues);
    }
    expect(starts).toEqual([null, opened[0]?.run, undefined]);
  });

  it("should tell the model of a sandbox that was started anew what is gone", async () => {
    const talk = talking([code("x = 1"), "done", "yes"]);
    const first = talk.runs.open({ flow: "write", input: { text: "set x" }, session: "talk" });
    await first.done;
    await talk.sessions.close("talk");
    await say(talk, "what is x?", { continues: first.run });
    expect(talk.told().join("\n")).toContain("variables and files that were made before are gone");
  });

  it("should fail, and leave the session as it was, where the run is not there or may not be read", async () => {
    const talk = talking(["one", "two"]);
    const first = await say(talk, "1");
    const mayRead = (run: string) => {
      throw new SluiceError("SLUICE_WIRE_FORBIDDEN", `${run} is somebody else's`);
    };
    const wrong = { flow: "chat", input: { text: "2" }, session: "other" } as const;
    for (const [options, reason] of [
      [{ ...wrong, continues: "r_none" }, "There is no run r_none."],
      [{ ...wrong, continues: first, mayRead }, `${first} is somebody else's`],
      [{ ...wrong, continues: first, history: [{ role: "user", text: "x" }] }, "history"],
    ] as const) {
      const run = talk.runs.open(options as Parameters<typeof talk.runs.open>[0]);
      const { status, reason: told } = (await run.done).data;
      expect(status).toBe("failed");
      expect(told).toContain(reason);
    }
    await say(talk, "3", { session: "other" });
    expect(talk.told()).toEqual(["user: 3"]);
  });

  it("should leave the conversation to the others when it is cancelled before its turn", async () => {
    const talk = talking(["one", "two"], () => ({ hang: true }));
    await say(talk, "1");
    const busy = talk.runs.open({ flow: "run", input: { code: "wait" }, session: "talk" });
    const waits = talk.runs.open({ flow: "chat", input: { text: "never" }, session: "talk", continues: null });
    waits.cancel();
    await waits.done;
    busy.cancel();
    await busy.done;
    await say(talk, "2");
    expect(talk.told().join("\n")).not.toContain("never");
    expect(talk.told()[0]).toBe("user: 1");
  });

  it("should know the same from journals as from memory, whatever was said and run", async () => {
    const answer = fc.oneof(
      fc.stringMatching(/^[a-z ]{1,12}$/),
      fc.stringMatching(/^[a-z]{1,8}$/).map((text) => `Look.\n${code(text)}\nSo.`),
    );
    const turn = fc.record({ flow: fc.constantFrom("chat", "write", "run"), text: fc.stringMatching(/^[a-z]{1,9}$/) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(turn, { minLength: 1, maxLength: 5 }),
        fc.array(answer, { maxLength: 30 }),
        async (turns, answers) => {
          const talk = talking([...answers, ...Array.from({ length: 22 }, () => "end")]);
          let last = "";
          for (const { flow, text } of turns) {
            const input = flow === "run" ? { code: text } : { text };
            const run = talk.runs.open({ flow, input, session: "talk" });
            endOf([await run.done]);
            last = run.run;
          }
          await say(talk, "?");
          const fromMemory = talk.told();
          await say(talk, "?", { continues: last });
          expect(talk.told()).toEqual(fromMemory);
        },
      ),
      { numRuns: 60 },
    );
  });
});
