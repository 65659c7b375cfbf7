import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CellCase, comparable, idOf, readCases, readExpected, readKnown, runCells } from "./cells-kit.ts";
import { type Kit, startSandbox } from "./sandbox-kit.ts";

const cases = readCases();
const expected = readExpected();
const known = new Set(readKnown());
const all = process.env["SLUICE_DIFFERENTIAL"] === "all";
/** A part of the corpus in every test of the project; all of it with `npm run test:differential`. */
const chosen = (offset: number) => cases.filter((_, at) => all || at % 8 === offset);

let pooled: Kit;
let cold: Kit;

beforeAll(async () => {
  pooled = await startSandbox({ pool: 1 });
  cold = await startSandbox({ preload: [] });
});

afterAll(async () => {
  await pooled[Symbol.asyncDispose]();
  await cold[Symbol.asyncDispose]();
});

async function expectCells(kit: Kit, given: CellCase): Promise<void> {
  const session = await kit.open();
  try {
    const outcomes = await runCells(session, given);
    for (const [at, outcome] of outcomes.entries()) {
      const id = `${idOf(given)} ${at + 1}`;
      const theirs = expected.get(idOf(given))?.[at];
      // One that is excused and does not differ any more is to leave the page.
      if (known.has(id)) expect(comparable(outcome), id).not.toEqual(theirs);
      else expect(comparable(outcome), `${id}: ${given.cells[at]}`).toEqual(theirs);
    }
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

describe("the corpus of cells", () => {
  it("should be of a size, recorded, and excuse nothing that it has not", () => {
    expect(cases.flatMap(({ cells }) => cells).length).toBeGreaterThan(800);
    expect(cases.map(idOf).filter((id) => !expected.has(id))).toEqual([]);
    const ids = new Set(cases.flatMap((given) => given.cells.map((_, at) => `${idOf(given)} ${at + 1}`)));
    expect([...known].filter((id) => !ids.has(id))).toEqual([]);
  });
});

describe("cells of a pooled container, from its first on", () => {
  it.each(chosen(0))("should say what Jupyter, Node's console or bash says: $language $name", (given) =>
    expectCells(pooled, given),
  );
});

describe("cells of a container without anything preloaded", () => {
  it.each(chosen(4))("should say what Jupyter, Node's console or bash says: $language $name", (given) =>
    expectCells(cold, given),
  );
});
