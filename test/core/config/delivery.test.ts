import { describe, expect, it } from "vitest";
import { loadPlan } from "../../../core/plugin/load-plan.ts";

const cwd = import.meta.dirname;

async function load(deliver: unknown, more: object = {}) {
  const plugins = {
    model: { use: "llm-scripted", with: { script: ["yes"] } },
    file: { use: "log-file", deliver },
    ...more,
  };
  return loadPlan({ config: { version: 1, plugins, flows: { chat: "model" } }, cwd, env: {} });
}

const planned = async (deliver: unknown, more: object = {}) =>
  (await load(deliver, more)).plan?.instances.find(({ id }) => id === "file")?.deliver;

describe("deliver of a sink", () => {
  it.each([
    ["nothing", {}, { attempts: 4, backoff: 250 }],
    ["a number and a duration", { attempts: 2, backoff: "1s" }, { attempts: 2, backoff: 1_000 }],
    [
      "a file beside the profile",
      { deadLetter: "./dead.ndjson" },
      { attempts: 4, backoff: 250, deadLetter: { file: `${cwd}/dead.ndjson`, size: 64 * 1024 * 1024 } },
    ],
    [
      "a file with a bound",
      { deadLetter: "var/dead", deadLetterSize: "1mb" },
      { attempts: 4, backoff: 250, deadLetter: { file: `${cwd}/var/dead`, size: 1024 * 1024 } },
    ],
  ])("should read %s", async (_, written, expected) => {
    expect(await planned(written)).toEqual(expected);
  });

  it("should read a sink", async () => {
    const other = { other: { use: "log-console" } };
    expect(await planned({ deadLetter: "other" }, other)).toMatchObject({ deadLetter: { sink: "other" } });
  });

  it.each([
    ["no attempts", { attempts: 0 }, {}, "SLUICE_CONFIG_VALUE"],
    ["a pause without a unit", { backoff: "5" }, {}, "SLUICE_CONFIG_UNIT"],
    ["an unknown key", { retry: 5 }, {}, "SLUICE_CONFIG_UNKNOWN_KEY"],
    ["a sink that is none", { deadLetter: "flie" }, {}, "SLUICE_CONFIG_UNKNOWN_REFERENCE"],
    ["what is no sink", { deadLetter: "model" }, {}, "SLUICE_CONFIG_WRONG_KIND"],
    ["itself", { deadLetter: "file" }, {}, "SLUICE_CONFIG_CYCLE"],
    [
      "a circle of sinks",
      { deadLetter: "other" },
      { other: { use: "log-console", deliver: { deadLetter: "file" } } },
      "SLUICE_CONFIG_CYCLE",
    ],
    [
      "a file that another sink writes",
      { deadLetter: "./own.ndjson" },
      { other: { use: "log-file", with: { path: "./own.ndjson" } } },
      "SLUICE_CONFIG_RESOURCE_CONFLICT",
    ],
  ])("should say what is wrong with %s", async (_, deliver, more, code) => {
    const { problems } = await load(deliver, more);
    expect(problems.map((problem) => problem.code)).toEqual([code]);
  });

  it("should be for sinks alone", async () => {
    const { problems } = await load({}, { other: { use: "llm-scripted", with: { script: ["a"] }, deliver: {} } });
    expect(problems.map(({ message }) => message).join()).toContain(
      "`deliver` is for sinks, and llm-scripted is a model",
    );
  });

  it("should take a person's word for a file outside of the folder", async () => {
    const { needs } = await load({ deadLetter: "/var/tmp/dead.ndjson" });
    expect(needs.map(({ what }) => what)).toEqual([
      "`file` writes what it refuses to /var/tmp/dead.ndjson, outside of its folder",
    ]);
    expect((await load({ deadLetter: "./dead.ndjson" })).needs).toEqual([]);
  });
});
