import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fileFault } from "../../../../core/kit/file-fault.ts";
import { unknownFlow, unknownName } from "../../../../core/kit/text/unknown-name.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-fault-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("it did not throw");
}

describe("why a file could not be used", () => {
  symlinkSync("loop", join(folder, "loop"));
  writeFileSync(join(folder, "file"), "");
  it.each([
    ["nothing there", () => readFileSync(join(folder, "gone")), "there is no such file"],
    ["a folder", () => readFileSync(folder), "it is a folder"],
    ["below a file", () => readFileSync(join(folder, "file/x")), "a part of its path is no folder"],
    ["taken", () => mkdirSync(join(folder, "file")), "there is one of this name already"],
    ["a circle", () => readFileSync(join(folder, "loop")), "it is a link, or a circle of links"],
    ["a long name", () => readFileSync(join(folder, "x".repeat(300))), "name too long"],
  ])("should be words, without its path and the system call: %s", (_, action, words) => {
    expect(fileFault(thrownBy(action))).toBe(words);
  });

  it.each([
    [new Error("it is a folder"), "it is a folder"],
    ["just text", "just text"],
    [undefined, "undefined"],
  ])("should leave %s as it is", (thrown, words) => {
    expect(fileFault(thrown)).toContain(words);
  });
});

describe("a name that nothing has", () => {
  it("should be told with where it was looked for, what was probably meant, and what there is", () => {
    const error = unknownFlow("chta", ["run", "chat"]);
    expect(error.message).toBe("the profile has no flow `chta`");
    expect(error.cure).toBe("Did you mean `chat`? It has run, chat.");
    expect(unknownFlow("nowhere-near", ["run"], "a.yaml").cure).toBe("It has run.");
  });

  it("should say what to do where there is none at all", () => {
    const none = "Add one.";
    const error = unknownName({ code: "SLUICE_USAGE", what: "model", said: "x", known: [], where: "it", none });
    expect(error.cure).toBe(none);
  });
});
