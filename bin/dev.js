#!/usr/bin/env node
/** The command from its sources: Node strips the types, nothing is built. */
import { main } from "./main.ts";

await main(process.argv.slice(2));
