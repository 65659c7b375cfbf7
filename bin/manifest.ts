/** Run by `bin/build`: writes down what the commands are, so that starting one does not load all of them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Plugin } from "@oclif/core";
import { printableJson } from "../core/kit/index.ts";
import { commandRoot } from "./package-root.ts";

const plugin = new Plugin({ root: commandRoot, type: "core", ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
writeFileSync(join(commandRoot, "oclif.manifest.json"), `${printableJson(plugin.manifest)}\n`);
