import { describe, expect, it } from "vitest";
import { usageError } from "../../bin/output/usage.ts";

const commands = ["run", "runs", "up", "sandbox build", "sandbox list", "plugins list", "sessions get"];

function thrown(message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { oclif: { exit: 2 } }, more);
}

describe("a command line that oclif refuses", () => {
  it.each([
    ["rnu", "Did you mean `sluice run`?"],
    ["rnu:x.py", "Did you mean `sluice run`?"],
    ["sandbox:biuld", "Did you mean `sluice sandbox build`?"],
    ["sandbx:build", "Did you mean `sluice sandbox build`?"],
    ["plugin:list", "Did you mean `sluice plugins list`?"],
    ["session:get", "Did you mean `sluice sessions get`?"],
    ["xyzzy", "`sluice --help` lists the commands."],
  ])("should say what `%s` was meant to be", (id, cure) => {
    const failure = usageError(thrown(`command ${id} not found`), id.split(":"), commands);
    expect(failure).toMatchObject({ code: "SLUICE_USAGE", cure });
    expect(failure?.message).toBe(`there is no command \`${id.replaceAll(":", " ")}\``);
  });

  it("should say that a command takes no argument, and not that it is none", () => {
    const failure = usageError(thrown("command up:foo not found"), ["up", "foo"], commands);
    expect(failure?.message).toBe("`sluice up` takes no argument `foo`");
  });

  it.each([
    [["--jsno"], "Did you mean --json?"],
    [["--timout"], "Did you mean --timeout?"],
    [["-x"], "`sluice run --help` tells what it takes."],
    [["--entirely-else"], "`sluice run --help` tells what it takes."],
  ])("should say which flag %j was meant to be", (flags, cure) => {
    const parse = { input: { flags: { json: {}, timeout: {}, put: {} } } };
    const failure = usageError(thrown("Nonexistent flag", { flags, parse }), ["run", ...flags], commands);
    expect(failure).toMatchObject({ message: `\`sluice run\` has no flag ${flags.join(", ")}`, cure });
  });

  it("should leave out what oclif says of its own rules", () => {
    const failure = usageError(
      thrown("Missing 1 required arg:\nprompt  it\n\nNote: --put allows more."),
      ["up"],
      commands,
    );
    expect(failure?.message).toBe("missing 1 argument:\n  prompt  it");
  });

  it("should leave other errors alone", () => {
    expect(usageError(new Error("boom"), [], commands)).toBeUndefined();
    expect(usageError("boom", [], commands)).toBeUndefined();
  });
});
