import { describe, expect, it } from "vitest";
import type { Conversation, ExecutionMessage, UserMessage } from "../../../core/contract/conversation.ts";
import type { EmissionOf } from "../../../core/contract/event.ts";
import { settle } from "../../../core/flow/fold.ts";
import { picturesIn } from "../../../core/flow/pictures.ts";
import { toPrompt } from "../../../core/flow/prompt.ts";
import { FakeModel } from "../../../core/testing/fake-model.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { gif, jpeg, png, webp } from "../kit/upstream/pictures.ts";
import { endOf, flowsOver, model, pipeOf, sandbox } from "./flow-kit.ts";
import { foldedOf } from "./folded.ts";

class SeeingModel extends FakeModel {
  readonly vision = true;
}

const chart = { path: "chart.png", content: png };
const asPicture = { mime: "image/png", base64: png.toString("base64"), path: "chart.png" };
const input = { text: "What is wrong here?", files: [chart, { path: "data.csv", content: Buffer.from("a,b") }] };
const fallbackOf = (...ids: string[]) => ({ kind: "fallback" as const, branches: ids.map((id) => model(id)) });
const loopOf = (...steps: Parameters<typeof pipeOf>) =>
  ({ kind: "loop", body: pipeOf(...steps), until: "done", max: 4 }) as const;

describe("pictures that come with the input", () => {
  it("should be told by their content, whatever their names are", () => {
    const files = [png, jpeg, gif, webp, Buffer.from("<svg/>"), Buffer.alloc(0)];
    const pictures = picturesIn(files.map((content, index) => ({ path: `${index}.txt`, content })));
    expect(pictures.map(({ mime, path }) => [path, mime])).toEqual([
      ["0.txt", "image/png"],
      ["1.txt", "image/jpeg"],
      ["2.txt", "image/gif"],
      ["3.txt", "image/webp"],
    ]);
    expect(picturesIn([{ path: "huge.png", content: Buffer.concat([png, Buffer.alloc(20 * 1024 * 1024)]) }])).toEqual(
      [],
    );
  });

  it("should be shown to a model that can see, and named to it", async () => {
    const eye = new SeeingModel(["A missing axis."]);
    const events = await flowsOver({ models: { eye } }, { chat: model("eye") }).collect({ input });
    expect(eye.requests[0]?.messages).toEqual([
      {
        role: "user",
        text: "What is wrong here?\n\nFiles in the working directory: chart.png, data.csv",
        pictures: [asPicture],
      },
    ]);
    expect(events.some(({ type }) => type === "error")).toBe(false);
    expect(JSON.stringify(events)).not.toContain(asPicture.base64);
  });

  it("should be named to a model that cannot see, with a word to whoever asked, once", async () => {
    const blind = new FakeModel(["```python\nlook()\n```", "It is a chart."]);
    const flow = loopOf(model("blind"), sandbox("box"));
    const parts = { models: { blind }, sandboxes: { box: new FakeSandbox() } };
    const events = await flowsOver(parts, { chat: flow }).collect({ input });
    expect(blind.requests).toHaveLength(2);
    expect(JSON.stringify(blind.requests)).toContain("chart.png");
    expect(JSON.stringify(blind.requests)).not.toContain(asPicture.base64);
    const errors = events.filter(({ type }) => type === "error");
    expect(errors).toMatchObject([
      { source: "blind", data: { code: "SLUICE_MODEL_VISION", message: expect.stringContaining("chart.png") } },
    ]);
    expect(errors[0]?.data).toMatchObject({ message: expect.not.stringContaining("data.csv") });
    expect(endOf(events)).toMatchObject({ status: "ok" });
  });

  it("should reach the second model of a fallback that can see", async () => {
    const blind = new FakeModel([]);
    const eye = new SeeingModel(["A cat."]);
    const events = await flowsOver({ models: { blind, eye } }, { chat: fallbackOf("blind", "eye") }).collect({ input });
    expect(eye.requests[0]?.messages[0]?.pictures).toEqual([asPicture]);
    expect(endOf(events)).toMatchObject({ status: "ok" });
  });

  it("should still be shown in the session's next run, without another word to the blind", async () => {
    const eye = new SeeingModel(["A cat.", "Black."]);
    const blind = new FakeModel(["?"]);
    const { collect } = flowsOver({ models: { eye, blind } }, { eye: model("eye"), blind: model("blind") });
    await collect({ flow: "eye", input, session: "s" });
    await collect({ flow: "eye", input: { text: "Which colour?" }, session: "s" });
    expect(eye.requests[1]?.messages[0]?.pictures).toEqual([asPicture]);
    const events = await collect({ flow: "blind", input: { text: "And you?" }, session: "s" });
    expect(events.some(({ type }) => type === "error")).toBe(false);
  });

  it("should come with a history, into the workspace as well", async () => {
    const eye = new SeeingModel(["```python\nlook()\n```"]);
    const box = new FakeSandbox();
    const { collect } = flowsOver(
      { models: { eye }, sandboxes: { box } },
      { chat: pipeOf(model("eye"), sandbox("box")) },
    );
    const history = [
      { role: "user" as const, text: "See", files: [chart] },
      { role: "assistant" as const, text: "Seen." },
    ];
    await collect({ input: { text: "And?" }, history });
    expect(eye.requests[0]?.messages.map(({ pictures }) => pictures)).toEqual([[asPicture], undefined, undefined]);
    expect(await box.sessions[0]?.get("chart.png")).toEqual(png);
  });

  it("should not fill the memory of a session: the latest are remembered, older ones by their paths", () => {
    const base64 = "A".repeat(12 * 1024 * 1024);
    const messages = [1, 2, 3, 4].map(
      (at): UserMessage => ({
        role: "user",
        at,
        text: "",
        files: [`${at}.png`],
        pictures: [{ mime: "image/png", base64 }],
      }),
    );
    const kept = settle({ messages }).messages as readonly UserMessage[];
    expect(kept.map(({ pictures }) => pictures?.length ?? 0)).toEqual([0, 0, 1, 1]);
    expect(kept.map(({ files }) => files)).toEqual([["1.png"], ["2.png"], ["3.png"], ["4.png"]]);
  });
});

describe("pictures that a program shows", () => {
  const place = { source: "box" } as const;
  const start = { ...place, type: "exec-start", data: { language: "python", code: "plot()" } } as const;
  const result = (data: EmissionOf<"exec-result">["data"]["data"]): EmissionOf<"exec-result"> => ({
    ...place,
    type: "exec-result",
    data: { data },
  });
  const conversationOf = (...events: readonly EmissionOf<"exec-result">[]): Conversation =>
    foldedOf([start, ...events]);
  const picturesOf = (conversation: Conversation) => (conversation.messages[0] as ExecutionMessage).pictures;

  it("should go back to a model that can see, and as words to one that cannot", () => {
    const base64 = png.toString("base64");
    const conversation = conversationOf(result({ "image/png": `${base64}\n`, "text/plain": "<Figure size 640x480>" }));
    expect(toPrompt(conversation, "eye", { vision: true })).toMatchObject([
      { role: "user", pictures: [{ mime: "image/png", base64 }] },
    ]);
    const [told] = toPrompt(conversation, "blind");
    expect(told).not.toHaveProperty("pictures");
    expect(told?.text).toContain("<Figure size 640x480>");
  });

  it.each([
    [{ "image/png": "not base64!" }],
    [{ "image/png": Buffer.from("plain words").toString("base64") }],
    [{ "image/svg+xml": "<svg/>" }],
    [{ "image/png": 7 }],
  ])("should not be taken for one where they are none: %j", (data) => {
    expect(picturesOf(conversationOf(result(data)))).toBeUndefined();
  });

  it("should be the latest few of one program", () => {
    const base64 = png.toString("base64");
    const many = Array.from({ length: 20 }, () => result({ "image/png": base64 }));
    expect(picturesOf(conversationOf(...many))).toHaveLength(8);
  });
});
