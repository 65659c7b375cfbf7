import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Place } from "./cli-kit.ts";

const root = resolve(import.meta.dirname, "../..");
const custom = join(root, "test/fixtures/custom");

const profileOf = (shout: string, upper: string, counted: string) => `
version: 1
plugins:
  one: { use: "${shout}", with: { marks: 2 } }
  quiet: { use: "${upper}", with: { word: SECRET } }
  number: { use: "${counted}", with: { from: 7 } }
flows:
  chat: [one, quiet]
  count: number
`;

describe("plugins of other people, with the built command", () => {
  const place = new Place("");
  afterAll(() => place[Symbol.asyncDispose]());

  beforeAll(() => {
    // As npm installs them: packages beside the profile, which find the host's package by its name.
    const modules = join(place.folder, "node_modules");
    mkdirSync(modules);
    symlinkSync(root, join(modules, "sluicebox"));
    for (const name of ["rxjs", "tsyringe", "reflect-metadata"])
      symlinkSync(join(root, "node_modules", name), join(modules, name));
    const compiled = join(place.folder, "compiled");
    execFileSync(join(root, "node_modules/.bin/tsc"), [
      "-p",
      join(custom, "tsconfig.json"),
      "--outDir",
      compiled,
      "--allowJs",
    ]);
    for (const name of ["shout", "upper", "counted"]) {
      cpSync(join(custom, name), join(place.folder, name), { recursive: true });
      cpSync(join(custom, name, "plugin.json"), join(compiled, name, "plugin.json"));
      cpSync(join(compiled, name), join(modules, `sluice-plugin-${name}`), { recursive: true });
    }
    for (const name of ["shout", "upper", "counted"]) {
      place.write(
        `node_modules/sluice-plugin-${name}/package.json`,
        `{ "name": "sluice-plugin-${name}", "type": "module" }`,
      );
    }
    place.write("package.json", `{ "type": "module" }`);
  });

  it.each([
    ["from sources, by folder", (name: string) => `./${name}`],
    ["compiled, by folder", (name: string) => `./compiled/${name}`],
    ["compiled, as npm packages", (name: string) => `sluice-plugin-${name}`],
  ])("should work %s: TypeScript, plain JavaScript, tsyringe's decorators", async (_, use) => {
    place.write("sluice.yaml", profileOf(use("shout"), use("upper"), use("counted")));
    const said = await place.run(["ask", "my secret"]);
    expect([said.stderr, said.stdout.trim(), said.code]).toEqual(["", "MY ***!!", 0]);
    const counted = await place.run(["ask", "-f", "count", "x"]);
    expect([counted.stderr, counted.stdout.trim(), counted.code]).toEqual(["", "Number 7.", 0]);
  });
});
