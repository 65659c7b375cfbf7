import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { combinators } from "../../../core/config/flows/combinators/index.ts";
import type { FlowNode } from "../../../core/contract/flow.ts";
import { compile } from "../../../core/flow/compile.ts";
import { describeFlow, flowShape, instancesIn } from "../../../core/kit/flow/index.ts";
import { model, sandbox } from "./flow-kit.ts";

const root = join(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const names = [...combinators.keys()];

/** Ids that no two leaves share, so that each can be found again. */
function unique(node: FlowNode): FlowNode {
  let count = 0;
  const rename = (each: FlowNode): FlowNode =>
    each.kind === "instance"
      ? { ...each, id: `${each.instance}-${count++}` }
      : (Object.fromEntries(
          Object.entries(each).map(([key, value]) => [key, Array.isArray(value) ? value.map(inner) : inner(value)]),
        ) as FlowNode);
  const inner = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if ("kind" in value) return rename(value as FlowNode);
    // biome-ignore lint/suspicious/noThenProperty: a case of `when`, in the profile's own word.
    return "then" in value ? { ...value, then: rename(value.then as FlowNode) } : value;
  };
  return rename(node);
}

const { flow } = fc.letrec<{ flow: FlowNode }>((tie) => {
  const branches = fc.array(tie("flow"), { minLength: 1, maxLength: 3 });
  const kind = <Kind extends string>(name: Kind) => fc.constant(name);
  const one = <Word extends string>(...words: readonly Word[]) => fc.constantFrom(...words);
  // biome-ignore lint/suspicious/noThenProperty: the word of the grammar.
  const cases = fc.array(fc.record({ if: fc.constant({ tag: "t" }), then: tie("flow") }), { minLength: 1 });
  // A kind of node without a generator does not compile.
  const kinds: { readonly [Kind in FlowNode["kind"]]: fc.Arbitrary<Extract<FlowNode, { kind: Kind }>> } = {
    instance: fc.constantFrom(model("m"), sandbox("s")) as fc.Arbitrary<Extract<FlowNode, { kind: "instance" }>>,
    pipe: fc.record({ kind: kind("pipe"), steps: branches }),
    fallback: fc.record({ kind: kind("fallback"), branches }),
    all: fc.record({ kind: kind("all"), branches }),
    race: fc.record({ kind: kind("race"), branches, until: one("first", "passes") }),
    balance: fc.record({ kind: kind("balance"), branches, by: one("turn", "latency", "random") }),
    loop: fc.record({
      ...{ kind: kind("loop"), body: tie("flow"), until: one("done", "passes") },
      max: fc.integer({ min: 1, max: 9 }),
    }),
    when: fc.record({ kind: kind("when"), cases, otherwise: tie("flow") }),
  };
  const { instance, ...combinations } = kinds;
  return { flow: fc.oneof({ depthSize: "small", maxDepth: 4 }, instance, ...Object.values(combinations)) };
});

describe("every combinator", () => {
  it.each(names)(
    "should stand in the reference, in a good profile and among the mistakes, and be tried: %s",
    (name) => {
      expect(read("docs/flows.md")).toMatch(new RegExp(`^\\| \`\\{ ${name}: `, "m"));
      expect(read("test/fixtures/good/plain.yaml")).toMatch(new RegExp(`\\b${name}:`));
      expect(read("test/fixtures/bad/flow-shapes.yaml")).toMatch(new RegExp(`\\b${name}:`));
      const tried = readdirSync(import.meta.dirname).flatMap((file) => read(`test/core/flow/${file}`).split("\n"));
      expect(tried.filter((line) => new RegExp(`^describe\\("(${name}|[\\w, ]*\\b${name}\\b)`).test(line))).not.toEqual(
        [],
      );
    },
  );

  it("should be written in one line as YAML that holds every instance, in order, under its own name", () => {
    fc.assert(
      fc.property(flow, (drawn) => {
        const node = unique(drawn);
        const ids = instancesIn(node).map(({ id }) => id);
        const written = describeFlow(node);
        expect(written.match(/(model|sandbox)-\d+/g) ?? []).toEqual(ids);
        const value: unknown = parse(written);
        if (node.kind === "pipe") expect(Array.isArray(value)).toBe(true);
        else if (node.kind !== "instance") expect(Object.keys(value as object)[0]).toBe(node.kind);
      }),
    );
  });

  it("should have a shape that lists the children that its step is made of", () => {
    fc.assert(
      fc.property(flow, (node) => {
        expect(() => compile(node, false)).not.toThrow();
        if (node.kind === "instance") return;
        const { label, arrangement, repeat, children } = flowShape(node);
        expect(label).not.toBe("");
        expect(repeat !== undefined).toBe(arrangement === "repeat");
        expect(arrangement === "repeat" ? children.length : 1).toBe(1);
      }),
    );
  });
});
