import { parseSync } from "oxc-parser";

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
const isFunction = ({ type }: Node) => /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type);
const children = (node: Node) =>
  Object.values(node)
    .flatMap((value) => [value].flat())
    .filter(isNode);

/**
 * Places where an asynchronous function returns what a call gives and disposes of what it holds by `using` first: the
 * promise would go on with what is gone. `return await` waits for it.
 */
export function returnsBeforeEnd(path: string, source: string): string[] {
  if (!/\busing\b/.test(source)) return [];
  const found: string[] = [];
  /** `held`: whether `using` stands in a block around; `waits`: whether a promise is what the function returns. */
  const visit = (node: Node, held: boolean, waits: boolean): void => {
    if (isFunction(node)) {
      for (const child of children(node)) visit(child, false, node["async"] === true);
      return;
    }
    if (node.type === "ReturnStatement" && held && waits) {
      const value = node["argument"];
      if (isNode(value) && /^(CallExpression|NewExpression|ImportExpression)$/.test(value.type)) {
        const line = source.slice(0, node.start).split("\n").length;
        found.push(
          `${path}:${line} returns a call, and what it uses may be disposed of before it ends: write return await`,
        );
      }
    }
    let holds = held;
    for (const child of children(node)) {
      visit(child, holds, waits);
      if (child.type === "VariableDeclaration" && /using$/.test(String(child["kind"]))) holds = true;
    }
  };
  visit(parseSync(path, source).program as unknown as Node, false, false);
  return found;
}
