import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const folder = new URL("../../docs/decisions/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");

describe("the index of decisions", () => {
  it("should name every page by its number and its title", () => {
    const pages = readdirSync(folder).filter((name) => /^\d{4}-/.test(name));
    const titles = pages.map((name) => [name, /^# (\d{4}) (.+)$/m.exec(read(name))] as const);
    expect(titles.filter(([name, title]) => title?.[1] !== name.slice(0, 4)).map(([name]) => name)).toEqual([]);
    const index = read("README.md");
    const missing = titles.filter(([name, title]) => !index.includes(`| [${title?.[1]}](${name}) | ${title?.[2]} |`));
    expect(missing.map(([name]) => name)).toEqual([]);
  });
});
