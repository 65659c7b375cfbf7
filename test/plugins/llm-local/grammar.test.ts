import { describe, expect, it } from "vitest";
import { FenceReader } from "../../../core/flow/fences.ts";
import { generate } from "../../../plugins/llm-local/generate.ts";
import { closingOf, codeGrammar } from "../../../plugins/llm-local/grammar.ts";

const variants = ["end", "code", "prose"] as const;

describe("llm-local: the grammar of an answer", () => {
  it.each(variants)("should define each rule that it uses, once: %s", (until) => {
    const lines = codeGrammar(until).trimEnd().split("\n");
    const defined = lines.map((line) => line.split(" ::= ", 1)[0]);
    expect(new Set(defined).size).toBe(lines.length);
    const bodies = lines.map((line) => line.replace(/^[a-z]+ ::= /, ""));
    const bare = bodies.map((body) => body.replaceAll(/"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]/g, " "));
    for (const [name] of bare.join(" ").matchAll(/[a-z]+/g)) expect(defined).toContain(name);
    expect(defined[0]).toBe("root");
  });

  it("should begin an answer anew only where nothing of it is there", () => {
    expect(codeGrammar("end")).toContain("root ::= line* (said | block)\n");
    expect(codeGrammar("code")).toContain("root ::= program\n");
    expect(codeGrammar("prose").split("\n")[0]).not.toMatch(/block|program/);
  });

  it.each([
    ["Just words.", ""],
    ["So:\n```python\nprint(1)\n```\n", ""],
    ["```python\nprint(1)", "\n```\n"],
    ["```python\nprint(1)\n", "```\n"],
    ["```python\nprint(1)\n``", "`\n"],
    ["```python\nprint(`", "\n```\n"],
    ["```pyth", "\n```\n"],
  ])("should close the block that %j was cut off in", (answer, closing) => {
    expect(closingOf(answer)).toBe(closing);
    const whole = answer + closing;
    const reader = new FenceReader({ repair: true });
    const kinds = [...reader.write(whole), ...reader.end()].map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "code-start")).toHaveLength(whole.includes("```") ? 1 : 0);
  });
});

describe("llm-local: where the grammar is used", () => {
  async function grammarOf(grammar: "code" | "off", codeWanted: boolean) {
    const asked: (string | undefined)[] = [];
    let said = "";
    const chat = {
      generateResponse: async (
        _history: unknown,
        options: { grammar?: { grammar: string }; onTextChunk(text: string): void },
      ) => {
        asked.push(options.grammar?.grammar);
        options.onTextChunk("```python\nprint(1)");
        return { metadata: { stopReason: "maxTokens" } };
      },
    };
    const count = { usedInputTokens: 1, usedOutputTokens: 1 };
    const loaded = {
      chat,
      sequence: { tokenMeter: { getState: () => count, diff: () => count } },
      contextSize: 512,
      grammar: async (rules: string) => ({ grammar: rules }),
    };
    const prompt = { history: [], opening: "", until: "end" as const, codeWanted };
    const config = { maxTokens: 8, temperature: 0, seed: 1, grammar };
    const emit = (event: { type: string; text?: string }) => {
      said += event.text ?? "";
    };
    await generate(loaded, prompt, config, emit, new AbortController().signal);
    return { asked, said };
  }

  it("should be where code will run, and close what was cut off", async () => {
    expect(await grammarOf("code", true)).toEqual({
      asked: [codeGrammar("end")],
      said: "```python\nprint(1)\n```\n",
    });
  });

  it.each([
    ["off", true],
    ["code", false],
  ] as const)("should not be with grammar: %s and code wanted: %s", async (grammar, wanted) => {
    expect(await grammarOf(grammar, wanted)).toEqual({ asked: [undefined], said: "```python\nprint(1)" });
  });
});
