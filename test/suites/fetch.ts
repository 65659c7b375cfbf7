import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import type { Suite } from "./suites.ts";

/** Fetches a suite by pip or npm, and packs it; returns the file. Nothing of it runs here but the build of a source distribution's metadata. */
export function fetchSuite(suite: Suite, folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "suite.tar");
  if (suite.language === "javascript") {
    const options = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts", "--prefix", folder];
    call("npm", ["install", ...options, suite.source, ...suite.needs]);
    call("tar", ["cf", file, "-C", folder, "node_modules"]);
    return file;
  }
  call("python3", [...PIP, "download", "--no-deps", "--no-binary=:all:", "-d", folder, suite.source]);
  const [archive = ""] = readdirSync(folder).filter((name) => name.endsWith(".tar.gz"));
  mkdirSync(path.join(folder, "source"));
  call("tar", ["xzf", path.join(folder, archive), "-C", path.join(folder, "source"), "--strip-components=1"]);
  // For the Python of the image, whatever this machine's is.
  const image = ["--python-version=3.13", "--only-binary=:all:"];
  call("python3", [...PIP, "install", "--no-deps", ...image, "--target", path.join(folder, "needs"), ...suite.needs]);
  call("tar", ["cf", file, "-C", folder, "source", "needs"]);
  return file;
}

const PIP = ["-m", "pip", "-q", "--disable-pip-version-check", "--no-input"];

function call(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
}
