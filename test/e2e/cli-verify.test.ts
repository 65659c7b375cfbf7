import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cases } from "../../bin/verify/verify.ts";
import { Place } from "./cli-kit.ts";

const profile = (options: string) => `version: 1
plugins:
  box: { use: docker-sandbox, with: { memory: 256m, output: 4m${options} } }
flows: { run: box }
`;

describe("sluice verify", () => {
  let place: Place;
  beforeAll(() => {
    place = new Place(profile(""));
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("should prove every case of the default sandbox with the machine's own engine", async () => {
    const { stdout, code } = await place.run(["verify"]);
    const lines = stdout.trim().split("\n");
    expect(lines.filter((line) => line.startsWith("PASS"))).toHaveLength(cases.length);
    expect(lines.at(-1)).toBe(`${cases.length} passed, 0 failed, 0 skipped`);
    expect(code).toBe(0);
  });

  it("should skip what the profile opens by name, and say so", async () => {
    place.write("open.yaml", profile(", network: open"));
    const { stdout, code } = await place.run(["verify", "-p", "open.yaml", "--json"]);
    const verdicts = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ type }) => type === "verdict");
    expect(verdicts).toHaveLength(cases.length);
    expect(verdicts.filter(({ data }) => data.status !== "pass").map(({ data }) => data)).toEqual([
      expect.objectContaining({ sandbox: "box", status: "skip", detail: "the profile opens the network" }),
    ]);
    expect(code).toBe(0);
  });

  it("should exit 69 where there is no engine", async () => {
    const { stderr, code } = await place.run(["verify"], { env: { DOCKER_HOST: "unix:///nowhere/docker.sock" } });
    expect(stderr).toContain("/nowhere/docker.sock");
    expect(code).toBe(69);
  });
});
