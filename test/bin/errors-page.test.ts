import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { errorCodes } from "../../core/contract/index.ts";
import { errorsPage } from "../../schema/generate-docs.ts";

describe("docs/errors.md", () => {
  it("should be what the registry says", () => {
    const page = readFileSync(resolve(import.meta.dirname, "../../docs/errors.md"), "utf8");
    expect(page).toBe(errorsPage());
  });

  it("should have one section for each code", () => {
    const sections = [...errorsPage().matchAll(/^### (\w+)$/gm)].map(([, code]) => code ?? "");
    expect(sections.toSorted()).toEqual(Object.keys(errorCodes).toSorted());
  });
});
