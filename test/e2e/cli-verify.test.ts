import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cases } from "../../bin/verify/verify.ts";
import { Place } from "./cli-kit.ts";

const profile = (options: string) => `version: 1
plugins:
  box: { use: docker-sandbox, with: { memory: 256m, output: 4m${options} } }
flows: { run: box }
`;
const gate = cases.flatMap(({ id, group }) => (group === "gate" ? [id] : []));
/** What this machine or the profile lacks: user namespaces, processors, an allow-list, a second host. */
const mayBeSkipped = [12, 87, 92, 109, 110, 111, 112, 113, 114, 115, 116, 117, 119];

// Some half a minute on a machine that does nothing else.
describe("sluice verify", { timeout: 400_000 }, () => {
  let place: Place;
  beforeAll(() => {
    place = new Place(profile(""));
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("should prove every case of the default sandbox with the machine's own engine", async () => {
    const { stdout, code } = await place.run(["verify"]);
    const lines = stdout.trim().split("\n");
    expect(lines.filter((line) => line.startsWith("FAIL"))).toEqual([]);
    const skipped = lines.flatMap((line) => (line.startsWith("SKIP") ? [Number(line.split(/ +/)[1])] : []));
    expect(skipped.filter((id) => !mayBeSkipped.includes(id))).toEqual([]);
    expect(lines.filter((line) => line.startsWith("PASS"))).toHaveLength(cases.length - skipped.length);
    expect(lines.at(-1)).toBe(`${cases.length - skipped.length} passed, 0 failed, ${skipped.length} skipped`);
    expect(code).toBe(0);
  });

  it("should skip what the profile opens by name, and say so", async () => {
    place.write("open.yaml", profile(", network: open"));
    const { stdout, code } = await place.run(["verify", "-p", "open.yaml", "--json", "--case", "45,46,67,68"]);
    const verdicts = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ type }) => type === "verdict");
    // Those of the gate are always tried.
    expect(verdicts.map(({ data }) => data.id)).toEqual([...gate, 45, 46, 67, 68]);
    const opened = verdicts
      .filter(({ data }) => data.detail === "the profile opens the network")
      .map(({ data }) => data);
    expect(opened.map(({ id, status, sandbox }) => [id, status, sandbox])).toEqual([
      [46, "skip", "box"],
      [67, "skip", "box"],
      [68, "skip", "box"],
    ]);
    expect(verdicts.filter(({ data }) => data.status === "fail").map(({ data }) => data)).toEqual([]);
    expect(code).toBe(0);
  });

  it("should refuse a case that there is not, by its number, before anything is tried", async () => {
    const { stdout, stderr, code } = await place.run(["verify", "--case", "46,999,x"]);
    expect(stderr).toContain('there is no case "999", "x"');
    expect([stdout, code]).toEqual(["", 2]);
  });

  it("should exit 69 where there is no engine", async () => {
    const { stderr, code } = await place.run(["verify"], { env: { DOCKER_HOST: "unix:///nowhere/docker.sock" } });
    expect(stderr).toContain("/nowhere/docker.sock");
    expect(code).toBe(69);
  });
});
