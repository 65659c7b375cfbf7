import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/errors.ts";
import { Discoverer } from "../../../core/plugin/discover.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function plugin(name: string, errors: object): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-errors-"));
  folders.push(folder);
  const manifest = { name, kind: "model", api: 1, description: "Speaks.", config: { type: "object" }, errors };
  writeFileSync(join(folder, "plugin.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "index.js"), "");
  return folder;
}

const find = (folder: string) => new Discoverer().find(folder, "/");
const mute = { class: "unavailable", message: "The parrot has no voice.", cure: "Give it water.", exitCode: 42 };

describe("errors that a plugin declares", () => {
  it("should have the class, cure and exit code of the manifest, and its sentence for a message", async () => {
    expect(await find(plugin("loud-parrot", { PLUGIN_LOUD_PARROT_MUTE: mute }))).toHaveProperty("plugin");
    const error = new SluiceError("PLUGIN_LOUD_PARROT_MUTE");
    expect(error).toMatchObject({ class: "unavailable", cure: "Give it water.", exitCode: 42, retryable: false });
    expect(error.message).toBe("The parrot has no voice.");
    expect(error.toBody()).toMatchObject({ code: "PLUGIN_LOUD_PARROT_MUTE", exitCode: 42 });
    expect(new SluiceError("PLUGIN_LOUD_PARROT_MUTE", "polly is mute").message).toBe("polly is mute");
  });

  it.each([
    ["of another plugin", { PLUGIN_CROW_MUTE: mute }, "begin with PLUGIN_PARROT_"],
    ["of ours", { SLUICE_INTERNAL: mute }, "/errors"],
    ["without a cure", { PLUGIN_PARROT_MUTE: { class: "limit", message: "Mute." } }, "cure"],
    ["of an unknown class", { PLUGIN_PARROT_MUTE: { ...mute, class: "bad" } }, "/errors/PLUGIN_PARROT_MUTE/class"],
    ["with an exit code that no shell has", { PLUGIN_PARROT_MUTE: { ...mute, exitCode: 256 } }, "exitCode"],
  ])("should refuse one %s", async (_, errors, message) => {
    expect(await find(plugin("parrot", errors))).toMatchObject({
      failure: { code: "SLUICE_PLUGIN_MANIFEST", message: expect.stringContaining(message) },
    });
  });

  it("should keep code, class and exit code of one that another process declared", () => {
    const body = {
      code: "PLUGIN_ELSEWHERE_MUTE",
      class: "limit",
      message: "m",
      cure: "c",
      retryable: true,
      exitCode: 9,
    };
    expect(SluiceError.fromBody(body).toBody()).toEqual(body);
  });

  it("should make an internal error of a code that is nobody's", () => {
    const error = SluiceError.fromBody({ code: "SLUICE_LATER", message: "m", cure: "c", retryable: false });
    expect(error).toMatchObject({ code: "SLUICE_INTERNAL", message: "SLUICE_LATER: m" });
  });

  it("should call an error internal that nobody declared", () => {
    expect(new SluiceError("PLUGIN_NOBODY_KNOWS", "m")).toMatchObject({ class: "internal", exitCode: 70 });
  });
});
