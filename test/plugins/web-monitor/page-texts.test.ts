import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { worded } from "../../../plugins/web-monitor/page/lib/worded.ts";
import { chinese } from "../../../plugins/web-monitor/page/lib/zh.ts";
import { chineseOfChat } from "../../../plugins/web-monitor/page/lib/zh-chat.ts";
import { chineseOfRuns } from "../../../plugins/web-monitor/page/lib/zh-runs.ts";
import { chineseOfScreens } from "../../../plugins/web-monitor/page/lib/zh-screens.ts";
import { numbersBeside, pluralsAlone, verbsAlone } from "./plural-texts.ts";

const page = join(import.meta.dirname, "../../../plugins/web-monitor/page");
const sources = readdirSync(page, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => ({ name, source: readFileSync(join(page, name), "utf8") }));

/** Texts that stand in a call of `t`, directly or as one of two. */
function textsIn(source: string): string[] {
  const direct = source.matchAll(/\bt\(\s*("(?:[^"\\]|\\.)*")/g);
  const chosen = source.matchAll(/\bt\([^"()]*\?\s*("[^"]*")\s*:\s*("[^"]*")\)/g);
  return [...direct, ...chosen].flatMap(([, ...found]) => found.map((text) => JSON.parse(text) as string));
}

/** Words for one and for others. */
const forms = /\{(\w+)\|([^{}]*)\}/g;

/** What a text must show: a number whose words do not name it may be written beside the text. */
function placesIn(text: string): string[] {
  const plain = text.replace(forms, (_whole, name: string, words: string) => (words.includes("#") ? `{${name}}` : ""));
  return [...new Set(plain.match(/\{\w+\}/g) ?? [])].sort();
}

describe("the page's texts", () => {
  const texts = new Set(sources.flatMap(({ source }) => textsIn(source)));

  it("should all have a Chinese one", () => {
    expect([...texts].filter((text) => !Object.hasOwn(chinese, text))).toEqual([]);
    expect(texts.size).toBeGreaterThan(200);
  });

  it("should keep their placeholders in Chinese", () => {
    const lost = Object.entries(chinese).filter(([text, found]) => String(placesIn(text)) !== String(placesIn(found)));
    expect(lost).toEqual([]);
  });

  it("should have one Chinese text each, whichever screen shows it", () => {
    const parts = [chineseOfChat, chineseOfRuns, chineseOfScreens];
    const lost = parts.flatMap((part) => Object.entries(part).filter(([text, found]) => chinese[text] !== found));
    expect(lost).toEqual([]);
    const twice = parts.flatMap((part, at) =>
      Object.keys(part).filter((text) => parts.some((other, place) => place > at && Object.hasOwn(other, text))),
    );
    expect(twice).toEqual([]);
  });

  it("should have words for one wherever a number of things is named", () => {
    expect([...texts].flatMap((text) => [...pluralsAlone(text), ...verbsAlone(text)])).toEqual([]);
    expect(sources.flatMap(({ name, source }) => numbersBeside(source).map((found) => `${name}: ${found}`))).toEqual(
      [],
    );
  });

  it("should read right for none, one, two and many", () => {
    const counted = [...texts].filter((text) => text.search(forms) >= 0);
    expect(counted.length).toBeGreaterThan(20);
    const values = { share: 7, from: "a", to: "b", flow: "f", who: "m", where: "x" };
    for (const text of counted) {
      const read = (n: number, locale = "en-US") =>
        worded(text, locale === "en-US" ? text : (chinese[text] ?? ""), { n, ...values }, locale);
      expect(read(1)).not.toBe(read(2).replace("2", "1"));
      expect(read(0)).toBe(read(2).replace("2", "0"));
      expect(read(12_345)).toBe(read(2).replace("2", "12,345"));
      for (const n of [1, 12_345]) expect(read(n, "zh-CN")).not.toMatch(/[{}|#]|[a-z]{3}/);
    }
  });
});

describe("the words for a number", () => {
  it.each([
    ["{n|# row|# rows}", 1, "1 row"],
    ["{n|# row|# rows}", 0, "0 rows"],
    ["{share} % of {n|# core|# cores}", 1, "7 % of 1 core"],
    ["{share} % of {n|# core|# cores}", 0.5, "7 % of 0.5 cores"],
    ["The first {n|event has|# events have} left; read {n|it|them}.", 1, "The first event has left; read it."],
    [
      "The first {n|event has|# events have} left; read {n|it|them}.",
      5_000,
      "The first 5,000 events have left; read them.",
    ],
    ["{n|run|runs}", 1, "run"],
    ["line {n}", 5_000, "line 5000"],
  ])("should make of %j and %d: %j", (text, n, read) => {
    expect(worded(text, text, { n, share: 7 }, "en-US")).toBe(read);
  });

  it("should leave a value as it is, whatever signs are in it", () => {
    expect(worded("{a} and {n|# {b|# thing}", "{a} and {b}", { a: "{b|x|y} # $&", b: "$1" }, "en-US")).toBe(
      "{b|x|y} # $& and $1",
    );
  });

  it.each([
    "{n} rows",
    "Show {n} older turns",
    "the last {all} lines are kept",
    "{share} % of {n} cores",
    "{used} of {total} free places",
    "{n|# row|# rows} in {files} open files",
  ])("should be missed in %j", (text) => {
    expect(pluralsAlone(text)).toHaveLength(1);
  });

  it.each([
    "{flow}: {who} answers, and no code is run",
    "{who} was asked",
    "the code of {files} is kept",
    "{where} has it",
    "{models} do what {who} does",
  ])("should be missed where a verb stands beside what may be several: %j", (text) => {
    expect(verbsAlone(text)).toHaveLength(1);
  });

  it.each(["{flow}: {who} {n|answers|answer}, code runs in {where}", "with {files}", "{run} waits for an answer"])(
    "should not be missed where they are, or no verb is beside them: %j",
    (text) => {
      expect(verbsAlone(text)).toEqual([]);
    },
  );

  it("should be the verb's too", () => {
    const text = "{flow}: {who} {n|answers|answer}, and no code is run";
    const read = (who: string, n: number) => worded(text, text, { flow: "both", who, n }, "en-US");
    expect(read("careful", 1)).toBe("both: careful answers, and no code is run");
    expect(read("careful, quick", 2)).toBe("both: careful, quick answer, and no code is run");
    expect(worded(text, chinese[text] ?? "", { flow: "both", who: "a, b", n: 2 }, "zh-CN")).toBe(
      "both：由 a, b 回答，不运行代码",
    );
  });

  it.each([
    "const text = `${rows.length} rows`;",
    'label: size + " lines",',
    '<b>{count(all)}</b> {t("lines")}',
    'runs === 1 ? "run" : "runs"',
    "`${count(n)} more entries`",
  ])("should be missed where a number stands beside its noun: %s", (source) => {
    expect(numbersBeside(source)).toHaveLength(1);
  });
});
