import { Document, isPair, isScalar, isSeq, visit } from "yaml";
import type { Plan } from "../plan.ts";
import { pointerOf } from "../read/tree.ts";

/**
 * The profile as the host reads it, as YAML: what it extends merged in, variables filled in, secrets masked. With
 * `origins` each value says behind it where it was written.
 */
export function printProfile({ display, origins }: Plan, { origins: wanted }: { readonly origins: boolean }): string {
  const document = new Document(display, { aliasDuplicateObjects: false });
  if (wanted) {
    visit(document, {
      Scalar(key, node, path) {
        if (key === "key") return;
        const origin = origins[pointerOf(segmentsTo(key, path))];
        if (origin !== undefined) node.comment = ` ${origin.replace(/\s+/g, " ")}`;
      },
    });
  }
  return document.toString({ lineWidth: 0 });
}

/** What leads to a value: the keys of the pairs above it, and its places in lists. */
function segmentsTo(key: unknown, path: readonly unknown[]): string[] {
  const above = path.flatMap((step, at) => {
    if (isPair(step)) return [String(isScalar(step.key) ? step.key.value : step.key)];
    const below = path[at + 1];
    return isSeq(step) && below !== undefined ? [String(step.items.indexOf(below))] : [];
  });
  return typeof key === "number" ? [...above, String(key)] : above;
}
