import type { FlowNode } from "../../contract/flow.ts";
import { flowShape } from "./flow-shape.ts";

type Instance = Extract<FlowNode, { kind: "instance" }>;

/** Whether the flow, or the branch, cannot run because an optional instance that it needs is absent. */
export function isAbsent(node: FlowNode): boolean {
  if (node.kind === "instance") return node.absent;
  const { arrangement, children } = flowShape(node);
  const needsAll = arrangement === "sequence" || arrangement === "repeat";
  return needsAll ? children.some((child) => isAbsent(child.node)) : children.every((child) => isAbsent(child.node));
}

/** All places where an instance stands in the expression, in the order of writing. */
export function instancesIn(node: FlowNode): readonly Instance[] {
  return node.kind === "instance" ? [node] : flowShape(node).children.flatMap((child) => instancesIn(child.node));
}

/** Ids of all instances an expression leads to, each once. */
export function instancesOf(node: FlowNode): readonly string[] {
  return [...new Set(instancesIn(node).map((instance) => instance.id))];
}

/** A flow expression in one line, in the YAML it was written in; the conditions of `when` left out. */
export function describeFlow(node: FlowNode): string {
  if (node.kind === "instance") return node.id;
  const { arrangement, children } = flowShape(node);
  const texts = (all: typeof children) => all.map((child) => describeFlow(child.node)).join(", ");
  const list = `[${texts(children.filter(({ note }) => note !== "else"))}]`;
  if (node.kind === "pipe") return list;
  const other = children.filter(({ note }) => note === "else");
  const options = Object.entries(node)
    .filter(([key, value]) => key !== "kind" && typeof value !== "object")
    .map(([key, value]) => `, ${key}: ${String(value)}`);
  const otherwise = other.length === 0 ? "" : `, else: ${texts(other)}`;
  return `{ ${node.kind}: ${arrangement === "repeat" ? texts(children) : list}${options.join("")}${otherwise} }`;
}
