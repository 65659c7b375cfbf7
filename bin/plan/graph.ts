import type { Plan } from "../../core/command-line.ts";
import type { FlowNode } from "../../core/contract/index.ts";
import { flowShape } from "../../core/kit/index.ts";
import { instanceOf } from "./time-bounds.ts";

/** What leads to what in the flows of a profile, for drawing. */
export interface Graph {
  readonly nodes: readonly {
    readonly id: string;
    readonly label: string;
    readonly kind: string;
    readonly absent: boolean;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly label: string }[];
}

/** Where a part begins and ends, so that parts can be joined. */
interface Ends {
  readonly first: readonly string[];
  readonly last: readonly string[];
}

/** One graph per flow; ids are unique within it. */
export function graphOf(flow: string, root: FlowNode, plan: Plan): Graph {
  const nodes = new Map<string, Graph["nodes"][number]>();
  const edges = new Map<string, Graph["edges"][number]>();
  const join = (from: readonly string[], to: readonly string[], label = ""): void => {
    for (const a of from) for (const b of to) edges.set(`${a} ${b} ${label}`, { from: a, to: b, label });
  };
  const side = (parts: readonly Ends[]): Ends => ({
    first: parts.flatMap((part) => part.first),
    last: parts.flatMap((part) => part.last),
  });
  const visit = (node: FlowNode): Ends => {
    if (node.kind === "instance") {
      const plugin = instanceOf(plan, node.id)?.plugin.manifest.name ?? node.instance;
      nodes.set(node.id, { id: node.id, label: `${node.id}: ${plugin}`, kind: node.instance, absent: node.absent });
      return { first: [node.id], last: [node.id] };
    }
    const { arrangement, children, repeat } = flowShape(node);
    const parts = children.map((child) => visit(child.node));
    const { first, last } = { first: parts[0]?.first ?? [], last: parts.at(-1)?.last ?? [] };
    switch (arrangement) {
      case "sequence":
        for (const [index, part] of parts.slice(1).entries()) join(parts[index]?.last ?? [], part.first);
        return { first, last };
      case "repeat":
        join(last, first, `until ${repeat?.until}`);
        return { first, last };
      case "on-failure":
        for (const [index, part] of parts.slice(1).entries()) join(parts[index]?.first ?? [], part.first, "on failure");
        return { first, last: side(parts).last };
      default:
        return side(parts);
    }
  };
  const start = `flow ${flow}`;
  nodes.set(start, { id: start, label: flow, kind: "flow", absent: false });
  join([start], visit(root).first);
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

export function asText({ nodes, edges }: Graph): string {
  const label = (id: string): string => nodes.find((node) => node.id === id)?.label ?? id;
  const lines = edges.map(({ from, to, label: note }) => {
    const absent = nodes.find((node) => node.id === to)?.absent ? " (absent)" : "";
    return `${label(from)} -${note === "" ? "" : ` ${note} `}-> ${label(to)}${absent}`;
  });
  return `${lines.join("\n")}\n`;
}

export function asMermaid(graphs: readonly Graph[]): string {
  const lines = ["flowchart LR"];
  graphs.forEach((graph, number) => {
    const name = nameIn(graph, `f${number}`);
    for (const { id, label, kind, absent } of graph.nodes) {
      const [open, close] = kind === "sandbox" ? ["[[", "]]"] : kind === "flow" ? ["((", "))"] : ["[", "]"];
      lines.push(`  ${name(id)}${open}"${label}${absent ? " (absent)" : ""}"${close}`);
    }
    for (const { from, to, label } of graph.edges) {
      lines.push(`  ${name(from)} -->${label === "" ? "" : `|${label}|`} ${name(to)}`);
    }
  });
  return `${lines.join("\n")}\n`;
}

export function asDot(graphs: readonly Graph[]): string {
  const lines = ["digraph flows {", "  rankdir=LR;"];
  graphs.forEach((graph, number) => {
    const name = nameIn(graph, `f${number}`);
    for (const { id, label, kind, absent } of graph.nodes) {
      const shape = kind === "sandbox" ? "box3d" : kind === "flow" ? "circle" : "box";
      lines.push(`  ${name(id)} [label=${JSON.stringify(label)}, shape=${shape}${absent ? ", style=dashed" : ""}];`);
    }
    for (const { from, to, label } of graph.edges) {
      lines.push(`  ${name(from)} -> ${name(to)}${label === "" ? "" : ` [label=${JSON.stringify(label)}]`};`);
    }
  });
  return `${[...lines, "}"].join("\n")}\n`;
}

/** Drawings want names without blanks or marks. */
function nameIn(graph: Graph, prefix: string): (id: string) => string {
  return (id) => `${prefix}_${graph.nodes.findIndex((node) => node.id === id)}`;
}
