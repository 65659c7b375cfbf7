import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Place } from "./cli-kit.ts";

const profile = `version: 1
plugins:
  box: { use: docker-sandbox, with: { preload: [] } }
  guard: { use: approve }
  script:
    use: llm-scripted
    with:
      script:
        - { text: Let me look., code: "print('first')" }
        - { text: Otherwise then., code: "print('second')" }
        - Done.
flows:
  run: box
  chat: { loop: [script, guard, box], until: done, max: 4 }
`;

describe("code that has to be approved", () => {
  let place: Place;
  beforeAll(() => {
    place = new Place(profile);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("should be asked for at the terminal, and not run when it is refused", async () => {
    const ask = await place.run(["ask", "Look."], { input: "not the first\ny\n" });
    expect(ask.stderr.match(/Run this python code\? \[y\/N\] /g)).toHaveLength(2);
    expect(ask.stderr).toContain("SLUICE_CODE_REFUSED");
    expect(ask.stderr).toContain("not the first");
    expect(ask.stdout).toContain("\nsecond\n");
    expect(ask.stdout).not.toContain("\nfirst\n");
    expect(ask.code).toBe(0);
  });

  it("should be refused where nobody can be asked", async () => {
    const ask = await place.run(["ask", "Look."]);
    expect(ask.stderr).toContain("nobody is there to approve it");
    expect(ask.stdout).not.toMatch(/\n(first|second)\n/);
    expect(ask.stdout).toContain("Done.");
    expect(ask.code).toBe(0);
  });
});
