import { setTimeout } from "node:timers/promises";
import { printableJson } from "../../core/kit/index.ts";
import { Interrupts } from "../execution/interrupts.ts";
import { connectUp } from "../host/connection.ts";
import { processOutputs } from "../output/output.ts";
import { isDumb } from "../output/style.ts";
import { liveScreen } from "../top/live-screen.ts";
import { fittedText } from "../top/screen.ts";
import type { TopOptions } from "../top/top.ts";
import { hostsTable, placesTable } from "./hosts-table.ts";

/** Looks at all hosts again and again. @throws SluiceError SLUICE_HOST_UNAVAILABLE when no host is up */
export async function allHosts({ interval, once, json }: TopOptions): Promise<void> {
  using interrupts = new Interrupts();
  await using connection = await connectUp();
  const { stdout } = processOutputs();
  await using screen = stdout.isTerminal && !isDumb() && !json && !once ? await liveScreen() : undefined;
  const left = AbortSignal.any([interrupts.leaving, stdout.gone, ...(screen === undefined ? [] : [screen.quit])]);
  while (!left.aborted) {
    const overview = await connection.hosts();
    const places = placesTable(overview);
    const text = `${hostsTable(overview)}${places === "" ? "" : `\n${places}`}`;
    if (screen !== undefined) screen.draw((size) => fittedText(text, size));
    else await stdout.write(json ? `${printableJson(overview)}\n` : `${text}${once ? "" : "\n"}`);
    if (once) return;
    await setTimeout(interval, undefined, { signal: left }).catch(() => undefined);
  }
}
