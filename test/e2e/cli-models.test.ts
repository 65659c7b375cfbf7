import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { events, modelHome, Place } from "./cli-kit.ts";

const answer = "Let me count.\n```python\nprint(6 * 7)\n```\n";

/** Between its start and its end an answer is text and code, each bracketed: what every reader of events relies on. */
const grammar =
  /^run-start (model-start (reasoning-delta )*((text-start (text-delta )+text-end |code-start (code-delta )+code-end ))+model-end (exec-start ((exec-stdout|exec-stderr|exec-result|exec-file) )*exec-end )*)+run-end$/;

describe("sluice ask, whichever model answers", () => {
  const mock = new LLMock({ port: 0, chunkSize: 7 });
  let place: Place;

  beforeAll(async () => {
    mock.on({ userMessage: /Its output:\s+42/ }, { content: "It is 42." });
    mock.on({ userMessage: "What is 6 times 7?" }, { content: answer });
    await mock.start();
    place = new Place(`version: 1
plugins:
  openai: { use: llm-openai, with: { model: gpt-5.2, apiKey: "\${env:TEST_KEY}", baseURL: "${mock.url}/v1", tools: never } }
  claude: { use: llm-anthropic, with: { model: claude-sonnet-5, apiKey: "\${env:TEST_KEY}", baseURL: "${mock.url}/v1", tools: never } }
  script: { use: llm-scripted, with: { script: ["Let me count.\\n\`\`\`python\\nprint(6 * 7)\\n\`\`\`\\n", "It is 42."] } }
  tiny: { use: llm-local, with: { pull: true } }
  box: { use: docker-sandbox }
flows:
  openai-chat: { loop: [openai, box], until: done, max: 4 }
  claude-chat: { loop: [claude, box], until: done, max: 4 }
  script-chat: { loop: [script, box], until: done, max: 4 }
  tiny-chat: { loop: [tiny, box], until: done, max: 4 }
`);
  });
  afterAll(async () => {
    await mock.stop();
    await place[Symbol.asyncDispose]();
  });

  it.each(["openai", "claude", "script"])("should tell the same with %s", async (model) => {
    const asked = await place.run(["ask", "--json", "-f", `${model}-chat`, "What is 6 times 7?"], {
      env: { TEST_KEY: "key-for-tests" },
    });
    const seen = events(asked.stdout);
    expect([asked.stderr, asked.code]).toEqual(["", 0]);
    expect(seen.map(({ type }) => type).join(" ")).toMatch(grammar);
    const said = seen.map(({ type, data }) => (type === "text-delta" ? data["text"] : "")).join("");
    expect(said).toBe("Let me count.\nIt is 42.");
    const printed = seen.map(({ type, data }) => (type === "exec-stdout" ? data["text"] : "")).join("");
    expect(printed).toBe("42\n");
    expect(asked.stdout).not.toContain("key-for-tests");
  });

  it("should tell the same with a model of this machine", async () => {
    const asked = await place.run(["ask", "--json", "-f", "tiny-chat", "What is 6 times 7? Use Python."], {
      env: { TEST_KEY: "key-for-tests", SLUICE_HOME: modelHome },
    });
    const seen = events(asked.stdout);
    expect(seen.map(({ type }) => type).join(" ")).toMatch(grammar);
    expect(seen.some(({ type }) => type === "exec-end")).toBe(true);
    expect(seen.at(-1)?.type).toBe("run-end");
  });
});
