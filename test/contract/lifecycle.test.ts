import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lifecycleSuite } from "../../core/testing/index.ts";
import { inProcess, withEngine, withNats } from "./plugin-subjects.ts";

describe.each(inProcess)("$use", (subject) => {
  for (const { name, run } of lifecycleSuite({ ...subject, host: { cwd: "/tmp" } })) it(name, run);
});

describe("the suite of the lifecycle", () => {
  it("should be run on every plugin that comes with the package", () => {
    const shipped = readdirSync(new URL("../../plugins/", import.meta.url));
    expect([...inProcess, ...withEngine, ...withNats("")].map(({ use }) => use).sort()).toEqual(shipped.sort());
  });
});
