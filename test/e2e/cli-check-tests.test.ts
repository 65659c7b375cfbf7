import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Place } from "./cli-kit.ts";
import { blocksOf, Reader } from "./docs-kit.ts";

const page = "docs/testing.md";

describe(page, () => {
  const blocks = blocksOf(page).filter(({ language, name }) => language === "console" || name !== "");
  let place: Place;
  let reader: Reader;
  beforeAll(async () => {
    place = new Place("");
    reader = await Reader.create(place);
  });
  afterAll(async () => {
    await reader[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  it.each(blocks.map((block) => [block.line, block] as const))("should be true in line %i", async (_, block) => {
    await reader.follow(block);
  });

  it("should be true of a real sandbox as well", async () => {
    const { stdout, code } = await place.run(["check", "--run-tests"]);
    expect(stdout).toContain("4 tests passed");
    expect(code).toBe(0);
  });
});

const profile = (expectation: string) => `version: 1
plugins: { gpt: { use: llm-scripted, with: { script: [as ever], repeat: true } } }
flows: { chat: gpt }
tests:
  one: { input: a, expect: { text: "${expectation}", snapshot: true } }
  two: { input: a }
`;

describe("sluice check --run-tests", () => {
  it("should tell machines what it tells people, and keep snapshots when told", async () => {
    await using place = new Place(profile("as ever"));
    expect((await place.run(["check"])).stdout).toBe("sluice.yaml: ok, 1 instance\n");
    expect((await place.run(["check", "--run-tests"])).code).toBe(1);
    const updated = await place.run(["check", "--run-tests", "--update"]);
    expect(updated.stdout).toMatch(/passed one \(.*, snapshot written\)\npassed two \(\d+ms\)\n.*2 tests passed\n$/);
    expect(place.read("sluice.snapshots/one.txt").toString()).toContain('gpt.text-delta {"text":"as ever"}');
    place.write("sluice.yaml", profile("never"));
    const json = await place.run(["check", "--run-tests", "--json"]);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      problems: [],
      tests: [
        {
          ...{ name: "one", flow: "chat", passed: false, updated: false },
          failures: [{ key: "text", expected: "never", actual: "as ever", lines: ["-never", "+as ever"] }],
        },
        { name: "two", passed: true, failures: [] },
      ],
    });
    const github = await place.run(["check", "--run-tests", "--format", "github"]);
    expect(github.stdout).toMatch(/^::error file=sluice\.yaml,line=5,col=\d+,.*title=SLUICE_TEST_FAILED::test one: /);
    expect((await place.run(["check", "--run-tests", "--test", "three"])).code).toBe(2);
    expect((await place.run(["check", "--update"])).code).toBe(2);
  });

  it("should run nothing of a profile that has problems, or that nobody trusts", async () => {
    await using place = new Place(profile("as ever").replace("as ever", "x").replace("input: a }", "inptu: a }"));
    const faulty = await place.run(["check", "--run-tests"]);
    expect(faulty).toMatchObject({ code: 78, stdout: expect.stringContaining("did you mean `input`?") });
    const mounts = "box: { use: docker-sandbox, with: { binds: ['/tmp:/x'] } }";
    place.write("sluice.yaml", profile("as ever").replace("plugins: {", `plugins: { ${mounts},`));
    const untrusted = await place.run(["check", "--run-tests"], { env: { SLUICE_TRUST: undefined } });
    expect(untrusted.stderr).toContain("SLUICE_CONFIG_UNTRUSTED");
    expect(untrusted.stdout).not.toContain("passed");
  });
});
