import { expect, it } from "vitest";
import { startTestHost } from "../../../core/testing/index.ts";

it("should keep the feed of a host in which an optional instance is absent from the first moment on", async () => {
  const cloud = { use: "llm-openai", optional: true, with: { model: "m", apiKey: "${env:NOT_SET_ANYWHERE}" } };
  const config = { version: 1, plugins: { cloud, actor: { use: "llm-scripted" } }, flows: { chat: "actor" } };
  await using started = await startTestHost({ config });
  const { feed, operation } = started.host;
  operation.setLevel("core", "info", "somebody");
  expect(feed.read(0, 1000, ({ source }) => source === "cloud").entries).toHaveLength(1);
  expect(feed.read(0, 1000, ({ type }) => type === "audit").entries).toHaveLength(1);
});
