import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kit, type Ran, run, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox();
});

afterAll(() => kit[Symbol.asyncDispose]());

/** What is loaded at the start, and which names of the library a file beside the program may take. */
const probe = `
import sys
loaded = sorted(sys.modules)
found = []
for name in sorted(sys.stdlib_module_names - sys.modules.keys() - set(sys.builtin_module_names)):
    with open(name + ".py", "w") as file:
        file.write("")
    try:
        module = __import__(name)
    except ImportError:
        module = None
    if getattr(module, "__file__", None) == __file__.rpartition("/")[0] + "/" + name + ".py":
        found.append(name)
print(len(found) > 200, loaded, found)
`;

/** The same by the plain interpreter, in the same folder. */
const plain = `
import glob, os, subprocess
for one in glob.glob("*.py"): os.remove(one)
with open("probe.py", "w") as file: file.write(${JSON.stringify(probe)})
print(subprocess.run(["python3", "probe.py"], capture_output=True, text=True).stdout, end="")
`;

const shown = (ran: Ran) => ran.results.map(({ data }) => data["text/plain"]);

describe("a file beside a program that has the name of a library", () => {
  it.each([
    ["as python3 loads it", ""],
    ["as python3 loads it, where the program awaits", "\nasync def nothing(): pass\nawait nothing()\n"],
  ])("should be loaded %s, for every name of the standard library", async (_how, more) => {
    await using session = await kit.open("fresh");
    const { stdout: ours } = await run(session, probe + more, { file: "probe.py" });
    await using other = await kit.open("fresh");
    const { stdout: theirs } = await run(other, plain);
    expect(theirs).toMatch(/^True /);
    expect(ours).toBe(theirs);
  });

  it("should run for nobody else: neither for values nor for errors that are told", async () => {
    await using session = await kit.open("fresh");
    const names = ["json", "base64", "pprint", "math", "re", "enum", "collections", "types", "codecs", "io", "string"];
    const files = `for name in ${JSON.stringify(names)}:\n    open(name + ".py", "w").write("print('hijacked', __name__)")\n`;
    const told = await run(session, `${files}[1, 2]`, { file: "main.py" });
    expect(told.stdout).not.toContain("hijacked");
    expect(shown(told)).toEqual(["[1, 2]"]);
    const failed = await run(session, "1 / 0", { file: "main.py" });
    expect(failed.end).toMatchObject({ exitCode: 1, error: { name: "ZeroDivisionError", line: 1 } });
    const own = await run(session, "import json\nprint(json.__file__)\n{'a': 1}", { file: "main.py" });
    expect(own.stdout).toBe("hijacked json\n/workspace/json.py\n");
    expect(shown(own)).toEqual(["{'a': 1}"]);
  });
});
