import { spawn } from "node:child_process";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type PrepareOptions, SluiceError } from "../../../core/contract/index.ts";
import { cutText } from "../../../core/kit/index.ts";
import type { Address } from "../engine/address.ts";
import { dockerode } from "./builder.ts";
import { BASE_IMAGE } from "./recipe.ts";

const TOOLS = ["/usr/sbin/debootstrap", "/usr/bin/debootstrap"];
/** The keys of Debian's archive; the package `debian-archive-keyring` has them, on other distributions too. */
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const LAST_LINES = 20;

export interface BaseSource {
  /** Default: that of the sandbox image. */
  readonly image?: string;
  /** Where packages come from. Default: debootstrap's own. */
  readonly packages?: string | undefined;
}

/**
 * Makes `debian:RELEASE-slim` from Debian's own packages, where no registry of images can be reached.
 * @throws SluiceError SLUICE_SANDBOX_BUILD_FAILED saying what is missing or what failed
 */
export async function makeBase(
  address: Address,
  options: PrepareOptions,
  signal: AbortSignal,
  { image = BASE_IMAGE, packages }: BaseSource = {},
): Promise<void> {
  const docker = await dockerode(address);
  const report = options.onProgress ?? (() => undefined);
  if (!options.force && (await succeeds(docker.getImage(image).inspect()))) {
    return report({ step: `${image} is there`, fraction: 1 });
  }
  if (image.includes("@")) {
    throw new SluiceError("SLUICE_SANDBOX_BUILD_FAILED", `${image} is known by its digest, and can only be fetched`, {
      cure: `Fetch it: docker pull ${image}`,
    });
  }
  const tool = await debootstrap(image);
  const folder = await mkdtemp(path.join(tmpdir(), "sluicebox-base-"));
  const root = path.join(folder, "root");
  try {
    report({ step: "fetching Debian's base packages", fraction: 0 });
    // About 400 lines come out of it.
    let lines = 0;
    // Without keys it would go on unsigned and only warn.
    const signed = ["--force-check-gpg", `--keyring=${KEYRING}`];
    const source = packages === undefined ? [] : [packages];
    await run(tool, [...signed, "--variant=minbase", releaseOf(image), root, ...source], signal, (line) => {
      lines += 1;
      report({ step: cutText(line, 120), fraction: Math.min(0.9, lines / 450) });
    });
    await rm(path.join(root, "var/cache/apt/archives"), { recursive: true, force: true });
    await rm(path.join(root, "var/lib/apt/lists"), { recursive: true, force: true });
    report({ step: `importing ${image}`, fraction: 0.9 });
    const [repo = "", tag = ""] = image.split(":");
    const packed = spawn("tar", ["-C", root, "-c", "."], { stdio: ["ignore", "pipe", "ignore"], signal });
    packed.on("error", () => packed.stdout.destroy());
    const answer = await docker.importImage(packed.stdout, { repo, tag });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(answer, (error: Error | null) => (error ? reject(error) : resolve()));
    });
    report({ step: `${image} is there`, fraction: 1 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function releaseOf(image: string): string {
  return image.replace(/^debian:|-slim$/g, "");
}

async function succeeds(asking: Promise<unknown>): Promise<boolean> {
  return asking.then(
    () => true,
    () => false,
  );
}

const exists = (file: string) => succeeds(access(file));

async function debootstrap(image: string): Promise<string> {
  if (process.getuid?.() !== 0) {
    throw new SluiceError("SLUICE_SANDBOX_BUILD_FAILED", "debootstrap makes a base image as root only", {
      cure: `Run the command with sudo, or fetch the image: docker pull ${image}`,
    });
  }
  if (!(await exists(KEYRING))) {
    throw new SluiceError("SLUICE_SANDBOX_BUILD_FAILED", `the keys of Debian's archive are not there: ${KEYRING}`, {
      cure: `Install them (apt-get install debian-archive-keyring gpgv), or fetch the image: docker pull ${image}`,
    });
  }
  for (const tool of TOOLS) if (await exists(tool)) return tool;
  throw new SluiceError("SLUICE_SANDBOX_BUILD_FAILED", "debootstrap is not installed", {
    cure: `Install it (apt-get install debootstrap), or fetch the image: docker pull ${image}`,
  });
}

async function run(
  tool: string,
  parameters: readonly string[],
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const child = spawn(tool, parameters, { stdio: ["ignore", "pipe", "pipe"], signal });
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      for (const line of text.split("\n").filter(Boolean)) {
        last.push(line);
        if (last.length > LAST_LINES) last.shift();
        onLine(line);
      }
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new SluiceError("SLUICE_SANDBOX_BUILD_FAILED", [`${tool} failed:`, ...last].join("\n"));
}
