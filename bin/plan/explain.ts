import type { Plan } from "../../core/command-line.ts";
import type { FlowNode } from "../../core/contract/index.ts";
import { flowShape, printable } from "../../core/kit/index.ts";
import { duration, type painter } from "../output/style.ts";
import { durationsOf, instanceOf, worstCase } from "./time-bounds.ts";

/** Bounds that are told of one step. */
const MOST = 20;

/** The expanded tree of a flow, with what bounds each step. */
export function explain(name: string, node: FlowNode, plan: Plan, paint: ReturnType<typeof painter>): string {
  const lines: string[] = [paint("bold", name)];
  const visit = (each: FlowNode, note: string | undefined, indent: string, last: boolean): void => {
    const shape = each.kind === "instance" ? undefined : flowShape(each);
    const head = note === undefined ? "" : `${printable(note)}: `;
    const label = each.kind === "instance" ? leaf(each, plan, paint) : shape?.label;
    lines.push(`${indent}${last ? "`- " : "|- "}${head}${label}`);
    const deeper = `${indent}${last ? "   " : "|  "}`;
    const children = shape?.children ?? [];
    children.forEach((child, index) => {
      visit(child.node, child.note, deeper, index === children.length - 1);
    });
  };
  visit(node, undefined, "", true);
  const worst = worstCase(node, plan);
  lines.push(`worst case: ${worst === undefined ? "unbounded; --timeout bounds a run" : duration(worst)}`);
  return `${lines.join("\n")}\n`;
}

function leaf(node: Extract<FlowNode, { kind: "instance" }>, plan: Plan, paint: ReturnType<typeof painter>): string {
  const instance = instanceOf(plan, node.id);
  if (instance === undefined) return node.id;
  const head = `${paint("cyan", node.id)} (${instance.plugin.manifest.name})`;
  if (instance.absent !== undefined) return `${head} ${paint("yellow", `absent: ${instance.absent}`)}`;
  const all = durationsOf(instance);
  const bounds = [...all].slice(0, MOST).map(([key, value]) => `${key} ${setting(value)}`);
  if (all.size > MOST) bounds.push(`and ${all.size - MOST} more`);
  return bounds.length === 0 ? head : `${head} ${paint("dim", bounds.join(", "))}`;
}

/** What is set to nothing is nothing, and no time that passed. */
function setting(milliseconds: number): string {
  return milliseconds === 0 ? "0ms" : duration(milliseconds);
}
