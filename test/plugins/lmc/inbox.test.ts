import { describe, expect, it } from "vitest";
import { Inbox } from "../../../plugins/lmc/inbox.ts";
import { gif, png } from "../../core/kit/upstream/pictures.ts";

const user = (more: object) => ({ role: "user", ...more });
/** What comes of one message with a text and one part more. */
function send(part: object) {
  const inbox = new Inbox();
  inbox.receive(user({ start: true }));
  inbox.receive(user({ type: "message", content: "What is this?" }));
  const parts = inbox.receive(user(part));
  return { part: parts, end: inbox.receive(user({ end: true })) };
}

describe("what comes beside the words of a message", () => {
  it.each([
    [{ type: "image", format: "base64.png", content: "####" }, "not base64"],
    [{ type: "image", format: "base64.png", content: "" }, "not base64"],
    [{ type: "image", format: "url", content: "http://127.0.0.1/a.png" }, "not base64"],
    [{ type: "image", format: "base64.png", content: `data:image/png;base64,${png.toString("base64")}` }, "not base64"],
    [{ type: "image", format: "base64.png", content: Buffer.from("<html>").toString("base64") }, "no PNG"],
    [{ type: "audio", format: "wav", content: "not a sound!" }, "not base64"],
    [{ type: "file", content: "~" }, "not base64"],
    [{ type: "video", format: "mp4", content: "AAAA" }, '"video" is not supported'],
    [{ type: "__proto__", content: "x" }, "is not supported"],
  ])("should be refused with its message where it is none: %j", (part, words) => {
    const { part: told, end } = send(part);
    expect(told).toEqual({ kind: "fault", reason: expect.stringContaining(words) });
    expect(end).toMatchObject({ kind: "fault" });
  });

  it.each([
    [{ type: "image", format: "base64.png", content: png.toString("base64") }, "image-1.png"],
    [{ type: "image", format: "base64.gif", content: gif.toString("base64") }, "image-1.gif"],
    [
      { type: "image", format: "base64.png", content: (png.toString("base64").match(/.{1,20}/g) ?? []).join("\n") },
      "image-1.png",
    ],
    [{ type: "audio", format: "wav", content: "AAAA" }, "audio-1.wav"],
  ])("should lie in the workspace: %j", (part, path) => {
    const { end } = send(part);
    expect(end).toMatchObject({
      kind: "message",
      text: `What is this?\nThe ${part.type} is at ${path} in the workspace.`,
    });
    expect(end).toMatchObject({ files: [{ path }] });
  });

  it("should name a path of the workspace, and read nothing of the host", () => {
    const { end } = send({ type: "file", format: "path", content: "/etc/passwd" });
    expect(end).toMatchObject({
      files: [],
      text: expect.stringContaining("The file is at /etc/passwd in the workspace."),
    });
  });
});
