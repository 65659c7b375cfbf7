import type { HostEvent } from "../../core/contract/index.ts";
import { printable, printableLines } from "../../core/kit/index.ts";
import { painter } from "../output/style.ts";

/** Tells of a store that fails, waits or works again, on stderr and at once: at the end it would be too late. */
export function tellOfStore(event: HostEvent): void {
  if (event.type !== "log") return;
  const { message, fields } = event.data;
  const code = String(fields?.["code"] ?? "");
  if (!code.startsWith("SLUICE_STORE_")) return;
  const paint = painter(process.stderr);
  const cure = typeof fields?.["cure"] === "string" ? `  ${paint("cyan", "=")} ${printable(fields["cure"])}\n` : "";
  process.stderr.write(
    `${paint(["yellow", "bold"], `warning[${printable(code)}]`)}: ${printableLines(message)}\n${cure}`,
  );
}
