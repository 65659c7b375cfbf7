import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Place, profile } from "./cli-kit.ts";
import { blocksOf, Reader } from "./docs-kit.ts";

describe.each(["docs/from-the-first-system.md"])("%s", (page) => {
  const blocks = blocksOf(page).filter(({ language, name }) => language === "console" || name !== "");
  let place: Place;
  let reader: Reader;
  beforeAll(async () => {
    place = new Place(profile);
    reader = await Reader.create(place);
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
