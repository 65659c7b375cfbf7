import { describe, expect, it } from "vitest";
import { readRequest } from "../../../plugins/openai-api/request.ts";
import { gif, png } from "../../core/kit/upstream/pictures.ts";

const read = (...messages: readonly unknown[]) => readRequest(Buffer.from(JSON.stringify({ model: "chat", messages })));
const user = (content: unknown, more: object = {}) => ({ role: "user", content, ...more });
const assistant = (more: object) => ({ role: "assistant", content: null, ...more });
const call = { id: "1", type: "function", function: { name: "f", arguments: "{}" } };
const picture = (url: unknown) => ({ type: "image_url", image_url: { url } });
const data = (content: Buffer, type = "image/png") => `data:${type};base64,${content.toString("base64")}`;

describe("messages of a completion", () => {
  const first = "messages[0]";
  it.each<readonly [string, readonly unknown[]]>([
    [`${first}.tool_calls`, [assistant({ tool_calls: [call] }), user("b")]],
    [`${first}.function_call`, [assistant({ content: "x", function_call: call.function }), user("b")]],
    [`${first}.audio`, [assistant({ audio: { id: "x" } }), user("b")]],
    [`${first}.content`, [assistant({ content: [picture(data(png))] }), user("b")]],
    [`${first}.content`, [user({ text: "a" })]],
    [`${first}.content`, [user(5)]],
    [`${first}.role`, [{ role: "tool", content: "a", tool_call_id: "1" }, user("b")]],
    [`${first}.role`, [{ role: "function", content: "a", name: "f" }, user("b")]],
    [`${first}.role`, [{ role: "User", content: "a" }]],
    [`${first}.role`, [{ content: "a" }]],
    [first, [[user("a")]]],
    ["messages[1]", [user("a"), null]],
    [`${first}.content[0]`, [user([{ type: "input_audio", text: "a", input_audio: {} }])]],
    [
      `${first}.content[1]`,
      [
        user([
          { type: "text", text: "a" },
          { type: "file", file: { file_id: "f" } },
        ]),
      ],
    ],
    [`${first}.content[0]`, [user([{ type: "text", text: 5 }])]],
    [`${first}.content[0]`, [user(["a"])]],
    [`${first}.content[0]`, [user([null])]],
    [`${first}.content[0].image_url`, [user([{ type: "image_url", text: "a", image_url: { url: "data:," } }])]],
    [`${first}.content[0].image_url`, [user([{ type: "image_url", image_url: data(png) }])]],
    [`${first}.content[0].image_url`, [user([picture("data:image/png;base64,")])]],
    [`${first}.content[0].image_url`, [user([picture("data:image/png;base64,####")])]],
    [`${first}.content[0].image_url`, [user([picture(data(Buffer.from("<html>")))])]],
    [`${first}.content[0].image_url`, [user([picture(`data:image/png,${png.toString("latin1")}`)])]],
    [`${first}.content[0].image_url`, [user([picture("file:///etc/passwd")])]],
    ["messages", [{ role: "system", content: "a" }, assistant({ content: "b" })]],
  ])("should be refused by their place: %s of %j", (param, messages) => {
    expect(() => read(...messages)).toThrow(expect.objectContaining({ code: "SLUICE_WIRE_PROTOCOL", param }));
  });

  it("should keep what was said, whoever said it and in whatever form", () => {
    const refusal = { type: "refusal", refusal: "No." };
    const { history, text } = read(
      { role: "developer", content: "Be brief." },
      user([{ type: "input_text", text: "a" }, { text: "b" }], { name: "Ann" }),
      assistant({ refusal: "I will not.", tool_calls: [], function_call: null }),
      user(null),
      assistant({ content: [refusal, { type: "output_text", text: " Never." }] }),
      user([]),
    );
    expect(history.map((message) => [message.role, message.text])).toEqual([
      ["user", "Be brief."],
      ["user", "ab"],
      ["assistant", "I will not."],
      ["user", ""],
      ["assistant", "No. Never."],
    ]);
    expect(text).toBe("");
  });

  it("should name a picture by what it is", () => {
    const pictures = [data(png), data(gif), data(png, "image/jpeg"), data(png, "IMAGE/PNG;charset=utf-8")];
    const { files } = read(user(pictures.map(picture)));
    expect(files.map(({ path }) => path)).toEqual(["image-1.png", "image-2.gif", "image-3.png", "image-4.png"]);
    expect(files.every(({ content }) => content.length > 0)).toBe(true);
  });
});
