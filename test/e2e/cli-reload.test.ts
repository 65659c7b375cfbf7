import { describe, expect, it } from "vitest";
import { Place } from "./cli-kit.ts";

/** A profile of one model and one transport; no engine is needed. */
const talk = (text: string, more = "") => `version: 1
plugins:
  wire: { use: websocket, with: { listen: "127.0.0.1:0" } }
  model: { use: llm-scripted, with: { script: [${text}], repeat: true } }
${more}flows: { chat: model }
`;

describe("sluice plan and reload", () => {
  it("should say what would change, change it, and say what is wrong", async () => {
    await using place = new Place(talk("one"));
    await place.up();
    expect((await place.run(["plan"])).stdout).toBe("nothing has changed\n");
    place.write("sluice.yaml", talk("two", "  extra: { use: llm-scripted, with: { script: [x] } }\n"));
    expect((await place.run(["plan"])).stdout).toMatch(
      /^~ model is replaced by another: script\n\+ extra is added\n= .*wire/,
    );
    expect((await place.run(["ask", "hi"])).stdout).toBe("one\n");
    expect(await place.run(["reload"])).toMatchObject({ stdout: "applied: 1 added, 1 changed\n", code: 0 });
    expect((await place.run(["ask", "hi"])).stdout).toBe("two\n");
    place.write("sluice.yaml", talk("three").replace("script:", "scrpt:"));
    const rejected = await place.run(["reload"]);
    expect(rejected).toMatchObject({ code: 78, stdout: expect.stringContaining("rejected: ") });
    expect(rejected.stderr).toContain("did you mean `script`?");
    expect((await place.run(["plan"])).code).toBe(78);
    expect((await place.run(["ask", "hi"])).stdout).toBe("two\n");
  });

  it("should say when it was rolled back, and why", async () => {
    await using place = new Place(talk("one"));
    const { address } = await place.up();
    const port = new URL(address).port;
    place.write("sluice.yaml", talk("two", `  second: { use: websocket, with: { listen: "127.0.0.1:${port}" } }\n`));
    const outcome = await place.run(["reload"]);
    expect(outcome).toMatchObject({ code: 69, stdout: expect.stringContaining("rolled-back: 1 problem") });
    expect((await place.run(["ask", "hi"])).stdout).toBe("one\n");
  });

  it("should follow the file, what it extends and its secrets with --watch", async () => {
    await using place = new Place("");
    place.write("base.yaml", talk("base"));
    place.write("key.txt", "first-key-0123456789");
    place.write("sluice.yaml", "version: 1\nextends: ./base.yaml\n");
    const { child } = await place.up(["--watch"]);
    const outcomes: string[] = [];
    let wake: (() => void) | undefined;
    child.stdout?.on("data", (chunk: Buffer) => {
      for (const line of chunk.toString().split("\n").filter(Boolean)) {
        const { type, data } = JSON.parse(line) as { type: string; data: { status: string } };
        if (type === "reload") outcomes.push(data.status);
      }
      wake?.();
    });
    const next = async (count: number): Promise<void> => {
      while (outcomes.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    };
    place.write("base.yaml", talk("changed"));
    await next(1);
    expect((await place.run(["ask", "hi"])).stdout).toBe("changed\n");
    place.write("base.yaml", "version: 1\nplugins: {");
    await next(2);
    const withKey = '  cloud: { use: llm-openai, with: { model: gpt-5.2, apiKey: "${file:key.txt}" } }\n';
    place.write("base.yaml", talk("keyed", withKey));
    await next(3);
    place.write("key.txt", "second-key-0123456789");
    await next(4);
    expect(outcomes).toEqual(["applied", "rejected", "applied", "applied"]);
    expect((await place.run(["ask", "hi"])).stdout).toBe("keyed\n");
  });
});
