import { describe, expect, it } from "vitest";
import { loadPlan } from "../../../core/plugin/load-plan.ts";

const wanted = async (own: object) => {
  const tell = { use: "webhook", with: { url: "https://hooks.example.com/", secret: "a key for these tests" }, ...own };
  const words = { use: "llm-scripted", with: { script: ["yes"] } };
  const config = { version: 1, plugins: { words, tell, log: { use: "log-console" } }, flows: { chat: "words" } };
  const { plan, problems } = await loadPlan({ config, cwd: import.meta.dirname, env: {} });
  expect(problems).toEqual([]);
  return plan?.instances.filter(({ id }) => ["tell", "log"].includes(id)).map(({ select }) => select);
};

describe("what a sink is given", () => {
  it("should be what its plugin asks for, where the instance says nothing", async () => {
    expect(await wanted({})).toEqual([["core.run-end", "*.approval-request"], []]);
  });

  it("should be what the instance says", async () => {
    expect(await wanted({ select: "core" })).toEqual([["core"], []]);
  });
});
