import { describe, expect, test } from "vitest";
import { hostPaths } from "../../../core/config/read/env.ts";
import { ConfigError } from "../../../core/config/report/config-error.ts";
import { createMasker } from "../../../core/config/report/mask.ts";
import { nearest } from "../../../core/kit/text/nearest.ts";
import { didYouMean } from "../../../core/kit/text/unknown-name.ts";

describe("the masker", () => {
  test("should replace every secret, the longest first", () => {
    expect(createMasker(["key-1", "key-12345"])("a key-12345 b key-1 c key-1")).toBe("a *** b *** c ***");
  });

  test("should take a secret's characters as they are", () => {
    expect(createMasker(["a.c(d", "[x]-^$"])("abc(d a.c(d [x]-^$")).toBe("abc(d *** ***");
  });

  test("should leave texts alone without secrets, or with ones too short to be any", () => {
    expect(createMasker([])("text")).toBe("text");
    expect(createMasker(["e", ""])("text")).toBe("text");
  });
});

describe("the user's folders", () => {
  test("should all move below SLUICE_HOME", () => {
    expect(hostPaths({ SLUICE_HOME: "/srv/sluice" })).toEqual({
      data: "/srv/sluice/data",
      state: "/srv/sluice/state",
      cache: "/srv/sluice/cache",
    });
  });

  test("should be three different absolute folders without it", () => {
    const paths = Object.values(hostPaths({ SLUICE_HOME: "" }));
    expect(new Set(paths).size).toBe(3);
    for (const path of paths) expect(path).toMatch(/^(\/|[A-Z]:).*sluicebox/);
  });
});

describe("suggestions", () => {
  test.each([
    ["memroy", "memory"],
    ["opne", "open"],
    ["MEMORY", "memory"],
    ["base", "baseURL"],
  ])("should find for %s what was meant", (word, meant) => {
    expect(nearest(word, ["memory", "open", "none", "baseURL"])).toBe(meant);
  });

  test("should be silent where nothing is near", () => {
    expect(nearest("zebra", ["memory", "open"])).toBeUndefined();
    expect(didYouMean("ruby", ["ruby", "rust"])).toBe("");
  });
});

test("should carry all problems in one error, exit code 78, and count only errors", () => {
  const problem = { code: "SLUICE_CONFIG_TYPE", message: "no", file: "a.yaml", line: 2, column: 3, cure: "Do." };
  const problems = [
    { ...problem, severity: "warning" as const, message: "hm" },
    { ...problem, severity: "error" as const },
    { ...problem, severity: "error" as const },
  ];
  const error = new ConfigError({ problems, sources: {} });
  expect(error).toMatchObject({ code: "SLUICE_CONFIG_INVALID", exitCode: 78, message: "a.yaml:2:3: no and 1 more" });
  expect(error.problems).toBe(problems);
});
