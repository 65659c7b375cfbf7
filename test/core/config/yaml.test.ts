import { describe, expect, it } from "vitest";
import { profileOutline } from "../../../core/config/edit/outline.ts";
import { readYaml } from "../../../core/config/read/yaml.ts";

const text = (name: string) => `version: 1\nplugins:\n  ${name}: { use: log-null }\n`;

describe("a profile that is read more than once", () => {
  it("should be parsed once, and anew when its text differs", () => {
    const first = readYaml(text("one"));
    expect(readYaml(text("one"))).toBe(first);
    expect(readYaml(text("two"))).not.toBe(first);
    expect(Object.keys(profileOutline(text("two")))).toEqual(["two"]);
    expect(Object.keys(profileOutline(text("one")))).toEqual(["one"]);
  });

  it("should not be kept when it is long, nor when others were read since", () => {
    const long = `${text("long")}# ${"x".repeat(64 * 1024)}\n`;
    expect(readYaml(long)).not.toBe(readYaml(long));
    const first = readYaml(text("first"));
    for (const name of ["a", "b", "c", "d"]) readYaml(text(name));
    expect(readYaml(text("first"))).not.toBe(first);
  });

  it("should tell the same errors each time", () => {
    const broken = "plugins: [";
    expect(readYaml(broken).errors.map(({ code }) => code)).toEqual(readYaml(broken).errors.map(({ code }) => code));
    expect(readYaml(broken).errors).not.toEqual([]);
  });
});
