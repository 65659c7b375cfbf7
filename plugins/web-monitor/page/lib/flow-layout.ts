import type { FlowNode } from "../../../../core/contract/index.ts";
import { flowShape } from "../../../../core/kit/flow/index.ts";

/** Boxes and lines of a drawing, in pixels. Things enter at the left and leave at the right, at the middle. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly frames: readonly Frame[];
  readonly lines: readonly Line[];
}

export interface Box {
  readonly id: string;
  readonly kind: string;
  readonly x: number;
  readonly y: number;
}

export interface Frame {
  readonly kind: FlowNode["kind"];
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly path: string;
  /** Whose events go along it. */
  readonly from?: string;
  readonly label?: { readonly x: number; readonly y: number };
  readonly back?: true;
  /** Joins another line instead of arriving at something. */
  readonly joins?: true;
}

export const box = { width: 168, height: 58 };
const gap = { x: 74, y: 22 };
const padding = { x: 26, top: 34 };

interface Placed extends Drawing {
  /** Instances that its output comes from. */
  readonly last: readonly string[];
}

/** Lays a flow out: a recursive box for each expression, as one would draw it by hand. */
export function layoutFlow(node: FlowNode): Drawing {
  return place(node);
}

function place(node: FlowNode): Placed {
  if (node.kind === "instance") {
    return {
      ...box,
      boxes: [{ id: node.id, kind: node.instance, x: 0, y: 0 }],
      frames: [],
      lines: [],
      last: [node.id],
    };
  }
  const { arrangement, label, children } = flowShape(node);
  const parts = children.map((child) => ({ label: child.note ?? "", inner: place(child.node) }));
  if (arrangement === "sequence") return pipe(parts.map(({ inner }) => inner));
  const [only] = parts;
  return arrangement === "repeat" && only !== undefined ? loop(only.inner, label) : stack(node.kind, label, parts);
}

function pipe(parts: readonly Placed[]): Placed {
  const height = Math.max(...parts.map((part) => part.height));
  const moved: Placed[] = [];
  const lines: Line[] = [];
  let x = 0;
  for (const [index, part] of parts.entries()) {
    const before = parts[index - 1];
    if (before !== undefined) {
      const y = height / 2;
      const from = before.last.length === 1 ? before.last[0] : undefined;
      lines.push({
        path: `M${x - gap.x + 4} ${y}H${x - 4}`,
        label: { x: x - gap.x / 2, y: y - 9 },
        ...(from === undefined ? {} : { from }),
      });
    }
    moved.push(shift(part, x, (height - part.height) / 2));
    x += part.width + gap.x;
  }
  return { ...joined(moved, lines), width: x - gap.x, height, last: parts.at(-1)?.last ?? [] };
}

function loop(body: Placed, label: string): Placed {
  // As much above as below, so that the way through stays in the middle.
  const around = 48;
  const width = body.width + 2 * padding.x + 20;
  const height = body.height + 2 * around;
  const inner = shift(body, padding.x + 10, around);
  const y = height / 2;
  const right = padding.x + 10 + body.width;
  const bottom = around + body.height + 22;
  const from = body.last.length === 1 ? body.last[0] : undefined;
  const lines: Line[] = [
    { path: `M0 ${y}H${padding.x + 6}` },
    { path: `M${right + 4} ${y}H${width}`, joins: true },
    {
      path: `M${right + 14} ${y}V${bottom - 8}q0 8 -8 8H${padding.x + 4}q-8 0 -8 -8V${y + 6}`,
      back: true,
      label: { x: width / 2, y: bottom },
      ...(from === undefined ? {} : { from }),
    },
  ];
  const frame: Frame = { kind: "loop", label, x: 0, y: 0, width, height };
  return { ...joined([inner], lines, [frame]), width, height, last: body.last };
}

function stack(
  kind: Frame["kind"],
  label: string,
  parts: readonly { readonly label: string; readonly inner: Placed }[],
): Placed {
  const widest = Math.max(box.width, ...parts.map(({ inner }) => inner.width));
  const extra = parts.some((part) => part.label !== "") ? 70 : 0;
  const width = widest + 2 * padding.x + extra;
  const total = parts.reduce((sum, { inner }) => sum + inner.height, 0) + gap.y * Math.max(0, parts.length - 1);
  const height = total + 2 * padding.top;
  const middle = height / 2;
  const moved: Placed[] = [];
  const lines: Line[] = [];
  const frames: Frame[] = [{ kind, label, x: 0, y: 0, width, height }];
  let y = padding.top;
  for (const { label: condition, inner } of parts) {
    const x = padding.x + extra + (widest - inner.width) / 2;
    const center = y + inner.height / 2;
    lines.push(
      // Curves stay beside the branches; along a branch the line is straight, and so meets no other branch.
      { path: `${curve(0, middle, padding.x + extra - 4, center)}H${x - 4}` },
      {
        joins: true,
        path: `M${x + inner.width + 4} ${center}H${width - padding.x + 4}${curveOn(width - padding.x + 4, center, width, middle)}`,
        ...(inner.last.length === 1 ? { from: inner.last[0] as string } : {}),
      },
    );
    if (condition !== "")
      frames.push({ kind: "when", label: condition, x: padding.x - 8, y: center - 12, width: 0, height: 0 });
    moved.push(shift(inner, x, y));
    y += inner.height + gap.y;
  }
  return { ...joined(moved, lines, frames), width, height, last: parts.flatMap(({ inner }) => inner.last) };
}

function curveOn(x1: number, y1: number, x2: number, y2: number): string {
  return curve(x1, y1, x2, y2).replace(/^M\S+ [^HC]+/, "");
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  const bend = Math.min(22, Math.abs(x2 - x1) / 2);
  return y1 === y2 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

function joined(parts: readonly Placed[], lines: readonly Line[], frames: readonly Frame[] = []): Drawing {
  return {
    width: 0,
    height: 0,
    boxes: parts.flatMap((part) => part.boxes),
    frames: [...frames, ...parts.flatMap((part) => part.frames)],
    lines: [...lines, ...parts.flatMap((part) => part.lines)],
  };
}

function shift(part: Placed, dx: number, dy: number): Placed {
  if (dx === 0 && dy === 0) return part;
  const move = <Item extends { readonly x: number; readonly y: number }>(item: Item): Item => ({
    ...item,
    x: item.x + dx,
    y: item.y + dy,
  });
  return {
    ...part,
    boxes: part.boxes.map(move),
    frames: part.frames.map(move),
    lines: part.lines.map((line) => ({
      ...line,
      path: movePath(line.path, dx, dy),
      ...(line.label === undefined ? {} : { label: move(line.label) }),
    })),
  };
}

/** Moves the absolute commands of a path; the relative ones go along by themselves. */
function movePath(path: string, dx: number, dy: number): string {
  return path.replace(/([MHVCq])([^MHVCq]*)/g, (_whole, command: string, rest: string) => {
    if (command === "q") return command + rest;
    const numbers = rest
      .trim()
      .split(/[\s,]+/)
      .map(Number);
    const moved = numbers.map((value, index) =>
      command === "H" ? value + dx : command === "V" ? value + dy : value + (index % 2 === 0 ? dx : dy),
    );
    return command + moved.join(" ");
  });
}
