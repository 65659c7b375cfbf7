import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Place, profile } from "./cli-kit.ts";

const sum = "import sys\nprint(sum(int(line) for line in sys.stdin), sys.argv)\n";
const numbers = Array.from({ length: 60_000 }, (_, index) => `${index}\n`).join("");
const notebook = {
  cells: ["x = 1\nprint(x)", "1 / 0", "print('never')"].map((source) => ({ cell_type: "code", source })),
  metadata: {},
  nbformat: 4,
};

describe.each([["a host of its own"], ["a host that is up"]])("sluice run FILE with %s", (where) => {
  let place: Place;
  beforeAll(async () => {
    place = new Place(profile);
    place.write("sum.py", sum);
    place.write("long.py", `d = """${"x".repeat(3_000_000)}"""\nprint(len(d))\n`);
    place.write("old.py", Buffer.from("# -*- coding: latin-1 -*-\nprint('\xe9')\n", "latin1"));
    place.write("cells.ipynb", JSON.stringify(notebook));
    place.write("odd.xyz", "print(1)");
    if (where === "a host that is up") await place.up();
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("should give the program its arguments and what is piped in", async () => {
    const run = await place.run(["run", "sum.py", "--", "-p", "two words"], { input: numbers });
    expect(run).toMatchObject({ stdout: "1799970000 ['sum.py', '-p', 'two words']\n", stderr: "", code: 0 });
  });

  it("should run a long one, one of another encoding, and a notebook up to its failure", async () => {
    expect(await place.run(["run", "long.py"])).toMatchObject({ stdout: "3000000\n", code: 0 });
    expect(await place.run(["run", "old.py"])).toMatchObject({ stdout: "\u00e9\n", code: 0 });
    const cells = await place.run(["run", "cells.ipynb"]);
    expect(cells).toMatchObject({ stdout: "1\n", code: 1 });
  });

  it("should refuse what nobody knows how to run", async () => {
    const run = await place.run(["run", "odd.xyz"]);
    expect(run).toMatchObject({ stdout: "", code: 2 });
    expect(run.stderr).toContain(".ipynb");
  });
});
