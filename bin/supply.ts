import { licensePlugin } from "rolldown-license-plugin";
import sbom from "rollup-plugin-sbom";
import { textOf } from "./licence-text.ts";

/** Licences under which a package may be bundled: they ask for their text to come along, and for nothing else. */
const allowed = new Set(
  "MIT MIT-0 ISC BSD-2-Clause BSD-3-Clause 0BSD Apache-2.0 BlueOak-1.0.0 OFL-1.1 CC0-1.0 Unlicense".split(" "),
);

/** Whether a package may be bundled. One licence of those joined by OR must be allowed, and all of those joined by AND. */
export function mayBundle(expression: string): boolean {
  const isAllowed = (all: string) => all.split(" AND ").every((each) => allowed.has(each.trim()));
  return expression.replace(/[()]/g, "").split(" OR ").some(isAllowed);
}

/** The part of rollup-plugin-sbom's list that is changed here. */
interface Bom {
  readonly metadata: { readonly tools: { readonly tools: { clear(): void } } };
  readonly components: Set<Component>;
}
interface Component {
  readonly group?: string;
  readonly name: string;
  readonly bomRef: object;
  readonly dependencies: Set<object>;
}

/**
 * What a bundle says of the packages inside it: `LICENSES.txt` with the text of each licence, and `bom.json`, a list of
 * them as CycloneDX has it. A package under another licence ends the build.
 */
export function supply() {
  const shipped = new Set<string>();
  return [
    licensePlugin({
      allow: ({ license }) => mayBundle(license ?? ""),
      failOnViolation: true,
      failOnUnlicensed: true,
      done: (packages, context) => {
        for (const { name } of packages) shipped.add(name);
        const texts = packages.map((each) => `${each.name} ${each.version} (${each.license})\n\n${textOf(each)}\n`);
        context.emitFile({ type: "asset", fileName: "LICENSES.txt", source: texts.join(`\n${"-".repeat(80)}\n\n`) });
      },
    }),
    // It looks for the bundlers that it knows, and warns of each that is not there.
    {
      name: "bundlers-not-there",
      onLog: (_: unknown, log: { plugin?: string }) => log.plugin !== "rollup-plugin-sbom" && null,
    },
    // Without times and serial numbers: the same sources give the same list.
    sbom({
      ...{ outDir: "", saveTimestamp: false, generateSerial: false, includeWellKnown: false },
      afterCollect: (bom) => keepShipped(bom as Bom, shipped),
    }),
  ];
}

/** What the build needs is no part of what is shipped; neither is a package of which no code is left. */
function keepShipped({ metadata, components }: Bom, shipped: ReadonlySet<string>): void {
  metadata.tools.tools.clear();
  const left = [...components].filter(({ group, name }) => !shipped.has(group ? `${group}/${name}` : name));
  for (const component of left) components.delete(component);
  for (const { dependencies } of components) for (const { bomRef } of left) dependencies.delete(bomRef);
}
