import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chinese } from "../../../plugins/web-monitor/page/lib/zh.ts";

const page = join(import.meta.dirname, "../../../plugins/web-monitor/page");
const sources = readdirSync(page, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));

/** Texts that stand in a call of `t`, directly or as one of two. */
function textsIn(source: string): string[] {
  const direct = source.matchAll(/\bt\(\s*("(?:[^"\\]|\\.)*")/g);
  const chosen = source.matchAll(/\bt\([^"()]*\?\s*("[^"]*")\s*:\s*("[^"]*")\)/g);
  return [...direct, ...chosen].flatMap(([, ...found]) => found.map((text) => JSON.parse(text) as string));
}

describe("the page's texts", () => {
  const texts = new Set(sources.flatMap((name) => textsIn(readFileSync(join(page, name), "utf8"))));

  it("should all have a Chinese one", () => {
    expect([...texts].filter((text) => !Object.hasOwn(chinese, text))).toEqual([]);
    expect(texts.size).toBeGreaterThan(200);
  });

  it("should keep their placeholders in Chinese", () => {
    const places = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
    const lost = Object.entries(chinese).filter(([text, found]) => String(places(text)) !== String(places(found)));
    expect(lost).toEqual([]);
  });
});
