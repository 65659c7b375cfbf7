import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelHome, Place, profile } from "./cli-kit.ts";
import { blocksOf, Reader } from "./docs-kit.ts";

const kinds = ["model", "sandbox", "stage", "transport", "sink", "store", "service"];
const pages = ["README.md", "README.zh-CN.md", "docs/from-the-first-system.md", "docs/plugins.md", "docs/flows.md"];

describe.each([...pages, ...kinds.map((kind) => `docs/plugins/${kind}.md`)])("%s", (page) => {
  const blocks = blocksOf(page).filter(({ language, name }) => language === "console" || name !== "");
  let place: Place;
  let reader: Reader;
  beforeAll(async () => {
    place = new Place(profile);
    reader = await Reader.create(place);
    const pull = await place.run(["models", "pull", "-p", "offline"], { env: { SLUICE_HOME: modelHome } });
    expect(pull.code).toBe(0);
  });
  afterAll(async () => {
    await reader[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  it("should have blocks to follow", () => {
    expect(blocks.length).toBeGreaterThan(2);
  });

  it.each(blocks.map((block) => [block.line, block] as const))("should be true in line %i", async (_, block) => {
    await reader.follow(block);
  });
});

describe("README.zh-CN.md", () => {
  it("should show what README.md shows, block for block", () => {
    const shown = (page: string) =>
      blocksOf(page)
        .filter(({ language }) => language !== "text")
        .map(({ language, name, text }) => ({ language, name, text: text.replace(/#.*$/gm, "") }))
        .filter(({ text }) => !/[\u4e00-\u9fff]/.test(text));
    expect(shown("README.zh-CN.md")).toEqual(shown("README.md"));
  });
});
