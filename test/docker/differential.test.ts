import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recipeOf } from "../../plugins/docker-sandbox/image-build/recipe.ts";
import { generate } from "./differential-generated.ts";
import {
  Fresh,
  languageOf,
  type Outcome,
  type Program,
  readCorpus,
  readKnown,
  runPlainly,
  type Way,
} from "./differential-kit.ts";
import { defaults, type Kit, startSandbox } from "./sandbox-kit.ts";

const corpus = [...readCorpus(), ...generate()];
const known = new Set(readKnown());
/** A part of the corpus in every test of the project; all of it with `npm run test:differential`. */
const stride = process.env["SLUICE_DIFFERENTIAL"] === "all" ? 1 : 12;
const chosen = corpus.filter((_, at) => at % stride === 0);
const ways: readonly Way[] = ["file", "code"];

let kit: Kit;
let fresh: Fresh;
const plain = new Map<string, Outcome>();
const idOf = ({ name }: Program, way: Way) => `${name} as ${way}`;

beforeAll(async () => {
  kit = await startSandbox();
  fresh = new Fresh(kit);
  await fresh.ready;
  const image = recipeOf(defaults).tag;
  for (const way of ways) {
    const outcomes = await runPlainly(image, chosen, way);
    for (const [at, program] of chosen.entries()) plain.set(idOf(program, way), outcomes[at] as Outcome);
  }
  // The whole corpus takes minutes, and longer on a busy machine.
}, 1_800_000);

afterAll(async () => {
  await fresh[Symbol.asyncDispose]();
  await kit[Symbol.asyncDispose]();
});

describe("the corpus", () => {
  it("should be of a size, in each language, without a name twice", () => {
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
    for (const language of ["python", "javascript", "bash"]) {
      expect(corpus.filter((program) => languageOf(program) === language).length).toBeGreaterThanOrEqual(100);
    }
  });

  it("should hold every program that the page of promises excuses", () => {
    const names = new Set(corpus.flatMap((program) => [program.name, ...ways.map((way) => idOf(program, way))]));
    expect([...known].filter((name) => !names.has(name))).toEqual([]);
  });
});

describe.each(ways)("a program given as %s", (way) => {
  it.each(chosen)("should end as its interpreter ends it: $name", async (program) => {
    const outcome = await fresh.run(program, way);
    const expected = plain.get(idOf(program, way));
    // One that is excused and does not differ any more is to leave the page.
    if (known.has(program.name) || known.has(idOf(program, way))) expect(outcome).not.toEqual(expected);
    else expect(outcome).toEqual(expected);
  });
});
