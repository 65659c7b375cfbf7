import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../../../core/kit/index.ts";
import { type DockerSandboxConfig, packagesOf, usersOf } from "../config.ts";
import { billOf, type LibraryGroup, readLibraries } from "./libraries.ts";
import { digestOf, findNode, learnDigest, type NodeProgram, nodeLayers } from "./node.ts";
import type { TarEntry } from "./tar.ts";

const FOLDER = path.join(packageRoot, "plugins/docker-sandbox/image");
const OWN_IMAGE = "sandbox-image";
export const BASE_IMAGE = "debian:trixie-slim";
const SNAPSHOT = "snapshot.sh";
const OWN_REPOSITORY = "sluicebox-sandbox";
/** Where Debian keeps the CA bundle, and where others do. */
const CA_BUNDLES = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
export const CA_FILE = "host-ca.crt";

/** For one command of a build: whom pip, npm and Node trust. */
const TRUST = `SSL_CERT_FILE=/tmp/${CA_FILE} PIP_CERT=/tmp/${CA_FILE} NODE_EXTRA_CA_CERTS=/tmp/${CA_FILE} npm_config_cafile=/tmp/${CA_FILE} `;

export interface Recipe {
  /** Repository and content hash. */
  readonly tag: string;
  readonly base: string;
  readonly files: readonly TarEntry[];
  /** Too large to be read before an image is built. */
  readonly node?: NodeProgram;
}

/**
 * What the image is built from, and its name: a hash of all of it, so that a change builds another image. Node is in it by
 * the digest that the bill of materials holds; `cache` keeps digests.
 */
export function recipeOf(config: DockerSandboxConfig, cache?: string): Recipe {
  const own = config.image === OWN_IMAGE;
  const { first, count } = usersOf(config);
  const node = own ? findNode() : undefined;
  const libraries = readLibraries();
  const parts: LibraryGroup[] = [...libraries.parts];
  if (node) parts.push({ name: "node", version: node.version, license: "MIT", sha256: digestOf(node, cache) });
  const bill = { path: "opt/bom.json", content: Buffer.from(billOf(parts)) };
  const files = [...readTree(FOLDER, "opt"), ...libraries.files, bill];
  const certificates = readCertificates(config.build.caCertificates);
  const dockerfile = [
    withSnapshot(own ? ownLayers(config) : onTopOf(config.image), config),
    ...(own ? nodeLayers(node) : []),
    ...packageLayers(config, certificates !== undefined),
    ...shellLayers(own, certificates !== undefined),
    // After all packages: what they bring may give rights.
    `RUN python3 -I -S /opt/sluice/harden.py ${first} ${count}`,
    "",
  ].join("\n");
  const script = config.build.snapshot === undefined ? [] : [readFile(SNAPSHOT)];
  const described = [{ path: "Dockerfile", content: Buffer.from(dockerfile) }, ...files, ...script];
  const hash = createHash("sha256");
  for (const entry of described) hash.update(`${entry.path}\0${entry.content.length}\0`).update(entry.content);
  return {
    ...(node === undefined ? {} : { node }),
    tag: `${own ? OWN_REPOSITORY : `${OWN_REPOSITORY}-on-${slug(config.image)}`}:${hash.digest("hex").slice(0, 16)}`,
    base: own ? config.build.base : config.image,
    // The bundle is no part of the name: another host's certificates make no other image.
    files: certificates === undefined ? described : [...described, { path: CA_FILE, content: certificates }],
  };
}

/** The same, in turns of the event loop: the program's digest may not be known yet. */
export async function readRecipe(config: DockerSandboxConfig, cache?: string): Promise<Recipe> {
  const node = config.image === OWN_IMAGE ? findNode() : undefined;
  if (node) await learnDigest(node, cache);
  return recipeOf(config, cache);
}

function readFile(name: string): TarEntry {
  return { path: name, content: readFileSync(path.join(FOLDER, name)) };
}

function ownLayers({ build }: DockerSandboxConfig): string {
  return readFile("Dockerfile").content.toString().trimEnd().replace(`FROM ${BASE_IMAGE}`, `FROM ${build.base}`);
}

/** Before anything is installed. */
function withSnapshot(layers: string, { build: { snapshot, mirror } }: DockerSandboxConfig): string {
  if (snapshot === undefined) return layers;
  const [from = "", ...more] = layers.split(/(?<=^FROM .*)\n/m);
  const user = "USER 0:0";
  return [
    from,
    user,
    `COPY ${SNAPSHOT} /tmp/${SNAPSHOT}`,
    `RUN sh /tmp/${SNAPSHOT} ${snapshot} ${mirror}`,
    ...more,
  ].join("\n");
}

function slug(image: string): string {
  return image
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60);
}

function readTree(folder: string, prefix: string): TarEntry[] {
  return readdirSync(path.join(folder, prefix), { withFileTypes: true })
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const name = `${prefix}/${entry.name}`;
      if (entry.name === "__pycache__") return [];
      if (entry.isDirectory()) return readTree(folder, name);
      return [{ path: name, content: readFileSync(path.join(folder, name)) }];
    });
}

/** The CA bundle that `caCertificates` names, if there is one. */
export function readCertificates(caCertificates: string): Buffer | undefined {
  if (caCertificates === "none") return undefined;
  const candidates = caCertificates === "host" ? CA_BUNDLES : [caCertificates];
  for (const file of candidates) {
    try {
      return readFileSync(file);
    } catch {
      // The next place, or none: then the build says what it misses.
    }
  }
  return undefined;
}

/** The supervisor on an image of somebody else's: it needs python3 and the workspace's folder. */
function onTopOf(image: string): string {
  return `FROM ${image}
USER 0:0
RUN command -v python3 >/dev/null || (command -v apt-get >/dev/null && apt-get update && apt-get install -y --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*) || (command -v apk >/dev/null && apk add --no-cache python3)
RUN mkdir -p /workspace
RUN ls /usr/lib/*/libnss_myhostname.so.2 >/dev/null 2>&1 || (command -v apt-get >/dev/null && apt-get update && apt-get install -y --no-install-recommends libnss-myhostname && rm -rf /var/lib/apt/lists/*) || echo 'sluice: without a network, localhost is no name in this image; 127.0.0.1 works'
COPY opt/ /opt/sluice/
RUN python3 -m compileall -q /opt/sluice/supervisor /opt/sluice/python /opt/sluice/programs && chmod -R a+rX /opt/sluice
WORKDIR /workspace
ENTRYPOINT []
CMD ["python3", "-I", "-S", "/opt/sluice/supervisor/main.py"]`;
}

/**
 * IPython, for the interpreter that is `python3` in the image, and what is written down of it. An image where it cannot
 * be installed is an image all the same: its cells are run by plain Python, and the build says so.
 */
function shellLayers(own: boolean, withCertificates: boolean): readonly string[] {
  const choose = "RUN python3 /opt/sluice/python/choose.py";
  if (own) return [choose];
  const pip = `${withCertificates ? TRUST : ""}PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --no-cache-dir ipython`;
  const apt =
    "(command -v apt-get >/dev/null && apt-get update && apt-get install -y --no-install-recommends ipython3 && rm -rf /var/lib/apt/lists/*)";
  const apk = "(command -v apk >/dev/null && apk add --no-cache ipython)";
  return [
    ...(withCertificates ? [`COPY ${CA_FILE} /tmp/${CA_FILE}`] : []),
    `RUN python3 -c 'import IPython' 2>/dev/null || ${pip} || ${apt} || ${apk} || true`,
    choose,
  ];
}

function packageLayers(config: DockerSandboxConfig, withCertificates: boolean): readonly string[] {
  const { apt, pip, npm } = packagesOf(config);
  const layers: string[] = [];
  const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(" ");
  const trust = withCertificates ? TRUST : "";
  if (withCertificates && pip.length + npm.length > 0) layers.push(`COPY ${CA_FILE} /tmp/${CA_FILE}`);
  const need = [...(pip.length > 0 ? ["python3-pip"] : []), ...(npm.length > 0 ? ["npm"] : [])];
  const system = [...apt, ...need];
  if (system.length > 0) {
    const names = quoted(system);
    const debian = `(command -v apt-get >/dev/null && apt-get update && apt-get install -y --no-install-recommends ${names} && rm -rf /var/lib/apt/lists/*)`;
    const alpine = `(command -v apk >/dev/null && apk add --no-cache ${names.replace("'python3-pip'", "'py3-pip'")})`;
    layers.push(`RUN ${debian} || ${alpine}`);
  }
  if (pip.length > 0)
    layers.push(`RUN ${trust}python3 -m pip install --no-cache-dir --break-system-packages ${quoted(pip)}`);
  if (npm.length > 0)
    layers.push(`RUN ${trust}npm install --global ${quoted(npm)}`, "ENV NODE_PATH=/usr/local/lib/node_modules");
  return layers;
}
