import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, events, Place, profile, said } from "./cli-kit.ts";

describe("sluice ask", () => {
  let place: Place;
  beforeAll(() => {
    place = new Place(profile);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("should show the answer, its code and its output, until the error is corrected", async () => {
    const ask = await place.run(["ask", "What is the answer?"]);
    expect(ask.code).toBe(0);
    expect(ask.stdout).toBe(
      "Let me count.\n\n```python\nanswer = 42\nprint(anser)\n```\nMisspelt; once more.\n\n```python\nprint(answer)\n```\n42\nThe answer is 42.\n",
    );
    expect(ask.stderr).toContain("NameError");
    expect(ask.stderr).not.toContain("\u001b");
  });

  it("should keep both attempts in the journal of a run that ends well", async () => {
    const ask = await place.run(["ask", "--json", "What is the answer?"]);
    const seen = events(ask.stdout);
    expect(seen.filter(({ type }) => type === "exec-end").map(({ data }) => data["exitCode"])).toEqual([1, 0]);
    expect(seen.at(-1)).toMatchObject({ type: "run-end", data: { status: "ok" } });
    const again = await place.run(["runs", (seen[0] as unknown as { run: string }).run, "--json"]);
    expect(events(again.stdout)).toEqual(seen);
  });

  it("should read the question from stdin", async () => {
    expect((await place.run(["ask", "-"], { input: "What is it?" })).stdout).toContain("The answer is 42.");
    expect((await place.run(["ask", "-"], { input: " \n" })).code).toBe(2);
  });

  it("should exit 69 where no model can be reached, and name it", async () => {
    const model =
      'gpt: { use: llm-openai-compatible, with: { model: m, baseURL: "http://127.0.0.1:1/v1", retry: { attempts: 1 } } }';
    place.write("gone.yaml", profile.replace("box: {", `${model}\n  box: {`).replace("[script, box]", "[gpt, box]"));
    const ask = await place.run(["ask", "-p", "gone.yaml", "hello"]);
    expect(ask.stderr).toContain("SLUICE_MODEL_UNREACHABLE");
    expect(ask.code).toBe(69);
  });
});

describe("sluice chat", () => {
  it("should talk in one session whose variables stay, and leave at the end of its input", async () => {
    await using place = new Place(
      profile.replace(
        / {6}script:[\s\S]*?flows:/,
        `      script: [{ code: x = 20 }, Done., { code: print(x + 1) }, Done.]\nflows:`,
      ),
    );
    const child = place.start(["chat"], { input: "begin\n\ngo on\n/help\n/exit\n" });
    const chat = await ended(child);
    expect(chat.stdout).toContain("21\n");
    expect(chat.stdout).toContain("/new");
    expect(chat.stderr).toBe("");
    expect(chat.code).toBe(0);
    expect(place.read("home/state/chat-history").toString()).toBe('"begin"\n"go on"\n"/help"\n"/exit"\n');
  });

  it("should interrupt with the first Ctrl-C and leave with the second", async () => {
    await using place = new Place(
      profile.replace(
        / {6}script:[\s\S]*?flows:/,
        `      script: [{ code: "import time\\nprint('rea' + 'dy', flush=True)\\ntime.sleep(600)" }, Done.]\nflows:`,
      ),
    );
    const child = place.start(["chat"], { input: "begin\n/exit\n" });
    await said(child, "ready");
    child.kill("SIGINT");
    const chat = await ended(child);
    expect(chat.stderr).toContain("KeyboardInterrupt");
    expect(chat.code).toBe(0);
  });
});
