import { describe, expect, it } from "vitest";
import { FakeModel } from "../../../core/testing/fake-model.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { flowsOver, model, pipeOf, sandbox } from "./flow-kit.ts";

const orphans: Readonly<Record<string, string>> = {
  "in a block that never ends": "I think.\n```python\nx = 1\n</think>\nThe answer is 4.",
  "with another name": "I think.\n```python\nx = 1\n</thought>\nThe answer is 4.",
  "as Mistral writes it": "I think.\n```python\nx = 1\n[/THINK]\nThe answer is 4.",
  indented: "I think.\n```python\nx = 1\n  </thinking>\nThe answer is 4.",
  "at the first line of the block": "I think.\n```python\n</think>\nThe answer is 4.",
  twice: "I think.\n```python\nx\n</think>\nno\n</think>\nThe answer is 4.",
};

async function journal(text: string, size: number) {
  const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
  const models = { gpt: new FakeModel([{ pieces }]) };
  const sandboxes = { box: new FakeSandbox() };
  return flowsOver({ models, sandboxes }, { chat: pipeOf(model("gpt"), sandbox("box")) }).collect({
    input: { text: "hi" },
  });
}

describe("a closing tag of thoughts", () => {
  it.each(Object.entries(orphans))("should never be shown, nor what follows it twice: %s", async (_name, text) => {
    for (const size of [1, 7, 1_000]) {
      const events = await journal(text, size);
      const shown = events.flatMap((event) =>
        event.type === "text-delta" || event.type === "code-delta" ? [event.data.text] : [],
      );
      expect(shown.join("")).not.toMatch(/<\/th|\[\/THINK/);
      expect(shown.join("").match(/The answer/g)).toHaveLength(1);
      expect(events.some(({ type }) => type === "exec-start")).toBe(false);
    }
  });

  it("should be code like any other in a block that ends", async () => {
    const program = 'print("""\n</think>\n""")\n';
    for (const size of [1, 7, 1_000]) {
      const events = await journal(`Look:\n\`\`\`python\n${program}\`\`\`\nDone.`, size);
      const written = events.flatMap((event) => (event.type === "code-delta" ? [event.data.text] : []));
      expect(written.join("").trim()).toBe(program.trim());
      expect(events.some(({ type }) => type === "rewind")).toBe(false);
      expect(events.find(({ type }) => type === "exec-start")?.data).toMatchObject({
        code: expect.stringContaining("</think>"),
      });
    }
  });
});
