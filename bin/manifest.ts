/**
 * Run by `bin/build`. It writes down what the commands are, so that starting one does not load all of them. And it
 * makes their manual page.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Plugin } from "@oclif/core";
import { parseJson, printableJson } from "../core/kit/index.ts";
import { manPage } from "./output/man-page.ts";
import { commandRoot } from "./package-root.ts";

const plugin = new Plugin({ root: commandRoot, type: "core", ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
writeFileSync(join(commandRoot, "oclif.manifest.json"), `${printableJson(plugin.manifest)}\n`);

const parsed = parseJson(readFileSync(join(commandRoot, "package.json"), "utf8"));
const { version, description, oclif } = parsed as { version: string; description: string; oclif: { bin: string } };
const commands = Object.values(plugin.manifest.commands);
writeFileSync(join(commandRoot, "dist/sluice.1"), manPage({ bin: oclif.bin, version, description, commands }));
