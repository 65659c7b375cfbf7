import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { events, Place, profile } from "./cli-kit.ts";

const faulty = `version: 1
plugins:
  gpt: { use: llm-openai, with: { model: gpt-5.2, apiKey: "\${env:SURELY_NOT_SET}" } }
  box: { use: docker-sandbox, with: { memroy: 512m, timeout: 30, pool: many } }
  transport: { use: websokcet }
flows:
  run: bxo
`;

describe("sluice check", () => {
  let place: Place;
  beforeAll(() => {
    place = new Place(faulty);
    place.write("good.yaml", profile);
    place.write(
      "warned.yaml",
      profile.replace("box: {", `gpt: { use: llm-openai, with: { model: m, apiKey: sk-plain-text } }\n  box: {`),
    );
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("should show six faults of six, each with its place and cure, and exit 78", async () => {
    const check = await place.run(["check"]);
    expect(check.code).toBe(78);
    const places = [...check.stdout.matchAll(/--> sluice\.yaml:(\d+):(\d+)/g)].map(([, line]) => Number(line));
    expect(places).toEqual([3, 4, 4, 4, 5, 7]);
    expect(check.stdout).toContain("did you mean `memory`?");
    expect(check.stdout).not.toContain("\u001b");
  });

  it("should say the same as JSON and as annotations", async () => {
    const json = await place.run(["check", "--format", "json"]);
    const { problems } = JSON.parse(json.stdout);
    expect(problems).toHaveLength(6);
    for (const problem of problems) {
      expect(problem).toMatchObject({
        severity: "error",
        file: "sluice.yaml",
        line: expect.any(Number),
        cure: expect.any(String),
      });
    }
    const github = await place.run(["check", "--format", "github"]);
    expect(github.stdout.trimEnd().split("\n")).toHaveLength(6);
    expect(github.code).toBe(78);
  });

  it("should start nothing: another command with that profile stops the same way", async () => {
    const run = await place.run(["run", "--json", "-e", "1"]);
    expect(run.code).toBe(78);
    expect(run.stderr.match(/-->/g)).toHaveLength(6);
    expect(events(run.stdout)).toMatchObject([{ type: "error", data: { code: "SLUICE_CONFIG_INVALID" } }]);
  });

  it("should exit 0 for a good profile, and 78 for warnings with --strict alone", async () => {
    expect(await place.run(["check", "good.yaml"])).toMatchObject({ code: 0, stdout: "good.yaml: ok, 4 instances\n" });
    const warned = await place.run(["check", "-p", "warned.yaml"]);
    expect(warned.stdout).toContain("warning[SLUICE_CONFIG_LITERAL_SECRET]");
    expect(warned.stdout).not.toContain("sk-plain-text");
    expect(warned.code).toBe(0);
    expect((await place.run(["check", "-p", "warned.yaml", "--strict"])).code).toBe(78);
  });

  it("should name a profile that is not there", async () => {
    const check = await place.run(["check", "nowhere.yaml"]);
    expect(check.code).toBe(78);
    expect(check.stdout).toContain("nowhere.yaml");
  });
});

describe("sluice explain, graph, plugins, schema, doctor", () => {
  let place: Place;
  beforeAll(() => {
    place = new Place(
      `${profile}  both: { fallback: [gpt, script] }\n`.replace(
        "box: {",
        `gpt: { use: llm-openai, optional: true, with: { model: m, apiKey: "\${env:SURELY_NOT_SET}" } }\n  box: {`,
      ),
    );
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("should explain a flow with its bounds, its worst case and who is absent", async () => {
    const chat = await place.run(["explain", "chat"]);
    expect(chat.stdout).toContain("loop until done, at most 4 times");
    expect(chat.stdout).toContain("timeout 30s");
    const both = await place.run(["explain", "both"]);
    expect(both.stdout).toContain("gpt (llm-openai) absent: SURELY_NOT_SET is not set");
    const wrong = await place.run(["explain", "wrong"]);
    expect(wrong.stderr).toContain("run, chat, both");
  });

  it("should draw flows", async () => {
    expect((await place.run(["graph", "chat"])).stdout).toContain("script: llm-scripted --> box: docker-sandbox");
    expect((await place.run(["graph", "--format", "mermaid"])).stdout).toMatch(/^flowchart LR\n/);
    expect((await place.run(["graph", "--format", "dot"])).stdout).toMatch(/^digraph flows \{[\s\S]*\}\n$/);
  });

  it("should list plugins and their options", async () => {
    expect((await place.run(["plugins", "list"])).stdout).toMatch(/docker-sandbox +sandbox/);
    expect((await place.run(["plugins", "info", "docker-sandbox"])).stdout).toMatch(/memory +1024m/);
    const near = await place.run(["plugins", "info", "docker-sandbx"]);
    expect(near.stderr).toContain("docker-sandbox");
    expect(near.code).toBe(78);
  });

  it("should print schemas", async () => {
    const schema = await place.run(["schema", "events/exec-end"]);
    expect(JSON.parse(schema.stdout)).toHaveProperty("properties");
    expect((await place.run(["schema", "list"])).stdout).toContain("events/run-end\n");
  });

  it("should find everything in order, and say what is not", async () => {
    const well = await place.run(["doctor"]);
    expect(well.stdout).toMatch(/ok +docker: \d+/);
    expect(well.code).toBe(0);
    const ill = await place.run(["doctor", "--json"], { env: { DOCKER_HOST: "unix:///nowhere/docker.sock" } });
    expect(ill.code).toBe(69);
    const docker = events(ill.stdout).find((finding) => (finding as { name?: string }).name === "docker");
    expect(docker).toMatchObject({ status: "fail", cure: expect.stringContaining("dockerd") });
  });

  it("should never show a key", async () => {
    place.write(
      "keyed.yaml",
      profile.replace(
        "box: {",
        `gpt: { use: llm-openai, with: { model: m, baseURL: "http://127.0.0.1:1", apiKey: "\${env:PLANTED}" } }\n  box: {`,
      ),
    );
    for (const args of [["doctor"], ["explain"], ["models", "list"], ["models", "test", "gpt"], ["check"]]) {
      const shown = await place.run([...args, "-p", "keyed.yaml"], { env: { PLANTED: "sk-planted-8c1f" } });
      expect(shown.stdout + shown.stderr).not.toContain("planted-8c1f");
    }
  });
});
