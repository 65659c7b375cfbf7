import { parseSync, Visitor } from "oxc-parser";

/** A function and how many lines it takes, its head included. */
export interface Length {
  readonly name: string;
  readonly lines: number;
}

/** Every function of a module with its length. */
export function functionLengths(path: string, source: string): Length[] {
  const found: Length[] = [];
  const starts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const lineAt = (offset: number) => {
    let low = 0;
    for (let high = starts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
  const measure = (node: { readonly start: number; readonly end: number; readonly id?: unknown }) => {
    const name = (node.id as { readonly name?: string } | null | undefined)?.name ?? "function";
    const line = lineAt(node.start);
    found.push({ name: `${path}:${line} ${name}`, lines: lineAt(node.end - 1) - line + 1 });
  };
  new Visitor({ FunctionDeclaration: measure, FunctionExpression: measure, ArrowFunctionExpression: measure }).visit(
    parseSync(path, source).program,
  );
  return found;
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
