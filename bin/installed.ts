interface LockEntry {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

/** `package-lock.json`, as far as it is read here. */
interface LockFile {
  readonly name: string;
  readonly version: string;
  readonly packages: Readonly<Record<string, LockEntry>>;
}

/** `bom.installed.json`: what npm installs beside the bundle, from the lock file, as CycloneDX has it. */
export function installed({ name, version, packages }: LockFile) {
  return {
    name: "installed-packages",
    generateBundle(this: { emitFile(file: { type: "asset"; fileName: string; source: string }): unknown }) {
      const component = { type: "application", ...identity(name, version) };
      const components = Object.entries(packages)
        .filter(([path, { dev }]) => path !== "" && dev !== true)
        .map(([path, locked]) => componentOf(path.replace(/^.*node_modules\//, ""), locked));
      const document = { bomFormat: "CycloneDX", specVersion: "1.7", version: 1, metadata: { component }, components };
      this.emitFile({
        type: "asset",
        fileName: "bom.installed.json",
        source: `${JSON.stringify(document, undefined, 2)}\n`,
      });
    },
  };
}

function componentOf(name: string, { version, license, integrity = "", optional }: LockEntry): object {
  const [algorithm, digest] = integrity.split("-");
  return {
    type: "library",
    ...identity(name, version),
    // Binaries of one machine each: npm takes those that fit where it installs.
    scope: optional === true ? "optional" : "required",
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...(algorithm === "sha512" && digest !== undefined
      ? { hashes: [{ alg: "SHA-512", content: Buffer.from(digest, "base64").toString("hex") }] }
      : {}),
  };
}

function identity(fullName: string, version: string): object {
  const [group, name] = fullName.startsWith("@") ? fullName.split("/", 2) : [undefined, fullName];
  const purl = `pkg:npm/${group === undefined ? "" : `${encodeURIComponent(group)}/`}${name}@${version}`;
  return { ...(group === undefined ? {} : { group }), name, version, purl, "bom-ref": purl };
}
