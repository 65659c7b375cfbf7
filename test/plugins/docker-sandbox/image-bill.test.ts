import { hash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { billOf } from "../../../plugins/docker-sandbox/image-build/libraries.ts";
import { digestOf, findNode, learnDigest } from "../../../plugins/docker-sandbox/image-build/node.ts";
import { recipeOf } from "../../../plugins/docker-sandbox/image-build/recipe.ts";
import { defaults } from "../../docker/sandbox-kit.ts";

const folder = mkdtempSync(path.join(tmpdir(), "bill-"));

afterAll(() => rmSync(folder, { recursive: true }));

describe("the bill of materials of the image", () => {
  it("should name what we put into the image, with licence and digest", () => {
    const bill = recipeOf(defaults).files.find((entry) => entry.path === "opt/bom.json");
    const { components } = JSON.parse(bill?.content.toString() ?? "{}");
    const node = findNode();
    expect(components.map((each: { name: string }) => each.name)).toEqual([
      "acorn",
      "eslint-scope",
      "esrecurse",
      "estraverse",
      "node",
    ]);
    expect(components.at(-1)).toMatchObject({
      version: node?.version,
      hashes: [{ alg: "SHA-256", content: hash("sha256", readFileSync(node?.file ?? "")) }],
    });
  });

  it("should bring the licence of each library along", () => {
    const files = recipeOf(defaults).files.map((entry) => entry.path);
    for (const name of ["acorn/LICENSE", "eslint-scope/LICENSE", "esrecurse/README.md", "estraverse/LICENSE.BSD"]) {
      expect(files).toContain(`opt/javascript/node_modules/${name}`);
    }
  });
});

describe("the digest of Node", () => {
  it("should change with the bytes, at the same size, version and time", () => {
    const file = path.join(folder, "node");
    const cache = path.join(folder, "cache");
    const digests = ["one", "two"].map((text) => {
      writeFileSync(file, text);
      utimesSync(file, 1, 1);
      return [
        digestOf({ file, version: "1" }, cache),
        digestOf({ file, version: "1" }, cache),
        digestOf({ file, version: "1" }),
      ];
    });
    expect(digests).toEqual(["one", "two"].map((text) => Array(3).fill(hash("sha256", text))));
    expect(readdirSync(cache)).toHaveLength(2);
    expect(billOf([{ name: "node", version: "1", license: "MIT", sha256: "a" }])).not.toBe(
      billOf([{ name: "node", version: "1", license: "MIT", sha256: "b" }]),
    );
  });

  it("should be learnt piece by piece, so that others have their turns", async () => {
    const file = path.join(folder, "large");
    const cache = path.join(folder, "cache-of-large");
    const content = Buffer.alloc(4 * 1024 * 1024, "node");
    writeFileSync(file, content);
    let turns = 0;
    let next: NodeJS.Immediate | undefined;
    const count = () => {
      turns += 1;
      next = setImmediate(count);
    };
    count();
    await learnDigest({ file, version: "1" }, cache);
    clearImmediate(next);
    expect(turns).toBeGreaterThan(4);
    expect(readdirSync(cache)).toHaveLength(1);
    expect(digestOf({ file, version: "1" }, cache)).toBe(hash("sha256", content));
  });

  it("should be found out where the cache cannot be written", () => {
    const file = path.join(folder, "other");
    writeFileSync(file, "three");
    expect(digestOf({ file, version: "1" }, path.join(file, "no-folder"))).toBe(hash("sha256", "three"));
  });
});
