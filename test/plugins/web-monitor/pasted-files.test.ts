import { describe, expect, it } from "vitest";
import { besideOthers } from "../../../plugins/web-monitor/page/lib/pasted-files.ts";

const file = (name: string, content = name) => new File([content], name, { type: "image/png" });

describe("files that are pasted", () => {
  it.each([
    [["image.png"], ["image.png", "image.png"], ["image.png", "image-2.png", "image-3.png"]],
    [[], ["image.png", "b.txt"], ["image.png", "b.txt"]],
    [["image.png", "image-2.png"], ["image.png"], ["image.png", "image-2.png", "image-3.png"]],
    [
      [".env", "Makefile"],
      [".env", "Makefile"],
      [".env", "Makefile", ".env-2", "Makefile-2"],
    ],
    [["a.tar.gz"], ["a.tar.gz"], ["a.tar.gz", "a.tar-2.gz"]],
  ])("should stand beside %j when they are %j", async (before, pasted, names) => {
    const files = besideOthers(
      before.map((name) => file(name, "before")),
      pasted.map((name) => file(name, "pasted")),
    );
    expect(files.map(({ name }) => name)).toEqual(names);
    expect(await Promise.all(files.map((each) => each.text()))).toEqual([
      ...before.map(() => "before"),
      ...pasted.map(() => "pasted"),
    ]);
    expect(files.every(({ type }) => type === "image/png")).toBe(true);
  });
});
