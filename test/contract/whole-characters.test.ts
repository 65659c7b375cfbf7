import { describe, expect, it } from "vitest";
import { speak, Upstream } from "../core/kit/upstream/upstream.ts";
import { closing, serveMcp, texts } from "../plugins/mcp/mcp-kit.ts";

/** Whatever the bound is, of two texts one is cut in the middle of a pair. */
describe("what is cut of a long text", () => {
  it.each([0, 1])("should be whole characters for callers of tools (%i)", async (odd) => {
    const flood = "a".repeat(odd) + "😀".repeat(200_000);
    await using server = await serveMcp({ output: "10001b" });
    const client = await server.connect({ mode: "legacy" });
    const notices: string[] = [];
    const onprogress = ({ message = "" }: { message?: string }) => void notices.push(message);
    const answer = await client.callTool({ name: "run_code", arguments: { code: `print ${flood}` } }, { onprogress });
    for (const text of [...texts(answer), ...notices]) expect(text.isWellFormed()).toBe(true);
    expect(texts(answer).join("")).toContain("left out");
    expect(closing(answer)).toContain("ok");
  });

  it.each([0, 1])("should be whole characters for models (%i)", async (odd) => {
    const flood = "a".repeat(odd) + "😀".repeat(200_000);
    await using upstream = await Upstream.start(speak(`\`\`\`python\nprint ${flood}\n\`\`\`\n`), speak("Done."));
    const with_ = { model: "m", baseURL: `${upstream.url}/v1`, apiKey: "sk-0123456789" };
    await using server = await serveMcp({}, { actor: { use: "llm-openai-compatible", with: with_ } });
    const client = await server.connect({ mode: "legacy" });
    const answer = await client.callTool({ name: "ask", arguments: { prompt: "x", flow: "chat" } });
    expect(texts(answer).at(-1)).toBe("Done.");
    expect(upstream.bodies).toHaveLength(2);
    // A text of 200,000 characters is too long for a message of the test's own.
    const halves = upstream.bodies.map((body) => /\\ud[89a-f][0-9a-f]{2}|\ufffd/i.test(JSON.stringify(body)));
    expect(halves).toEqual([false, false]);
  });
});
