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
    ["hlep", "Did you mean `sluice help`?"],
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

  it.each([
    ["Parsing --limit \n\tExpected an integer but received: x", "--limit wants an integer, and `x` is none"],
    ["Flag --code expects a value", "--code wants a value"],
    ["The following error occurred:\n  Missing required flag listen", "--listen is missing"],
    ["Expected --kind=modle to be one of: model, sink", "--kind is one of model, sink, and `modle` is none"],
    ["Expected tcsh to be one of: bash, fish", "`tcsh` is none of bash, fish"],
    ["Missing 2 required args:\na  one\nb  two", "missing 2 arguments:\n  a  one\n  b  two"],
  ])("should say it in one sentence: %j", (said, told) => {
    expect(usageError(thrown(said), ["up"], commands)?.message).toBe(told);
  });

  it.each([
    ["Expected --kind=modle to be one of: model, sink", "Did you mean model?"],
    ["Expected fsh to be one of: bash, fish", "Did you mean fish?"],
    ["Expected --kind=else to be one of: model, sink", "`sluice up --help` tells what it takes."],
    ["Expected tcl to be one of: bash, fish", "`sluice up --help` tells what it takes."],
  ])("should say which value was meant: %j", (said, cure) => {
    expect(usageError(thrown(said), ["up"], commands)?.cure).toBe(cure);
  });

  it("should leave other errors alone", () => {
    expect(usageError(new Error("boom"), [], commands)).toBeUndefined();
    expect(usageError("boom", [], commands)).toBeUndefined();
  });
});
