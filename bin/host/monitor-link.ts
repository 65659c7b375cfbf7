import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hostPaths, loadPlan } from "../../core/command-line.ts";
import { SluiceError } from "../../core/contract/index.ts";
import { parseJsonObject } from "../../core/kit/index.ts";
import { readHostFile } from "./host-file.ts";

export interface MonitorLink {
  readonly link: string;
  /** ISO 8601. */
  readonly expires: string;
}

/** A one-time link to the page of the host that is up. @throws SluiceError SLUICE_HOST_UNAVAILABLE */
export async function monitorLink(role: string | undefined): Promise<MonitorLink> {
  const { state } = hostPaths();
  const up = readHostFile(state);
  if (up === undefined) throw new SluiceError("SLUICE_HOST_UNAVAILABLE", "no host is up");
  const { address, path } = await pageOf(up.profile, up.address);
  const response = await fetch(`${address}${path}/api/links`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${readFileSync(join(state, "token"), "utf8").trim()}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(role === undefined ? {} : { role }),
  });
  const answer = answerOf(await response.text()) as Partial<MonitorLink> & {
    error?: { message: string; cure: string };
  };
  if (response.ok && answer.link !== undefined && answer.expires !== undefined) {
    return { link: answer.link, expires: answer.expires };
  }
  throw new SluiceError("SLUICE_WIRE_FORBIDDEN", answer.error?.message ?? `the host answered ${response.status}`, {
    ...(answer.error === undefined ? {} : { cure: answer.error.cure }),
  });
}

function answerOf(text: string): object {
  try {
    return parseJsonObject(text, { from: "the host" });
  } catch {
    return {};
  }
}

/** Where the profile puts the page. */
async function pageOf(profile: string, address: string | null): Promise<{ address: string; path: string }> {
  const { plan } = await loadPlan({ file: profile, cwd: process.cwd(), env: process.env });
  const monitor = plan?.instances.find(({ plugin }) => plugin.manifest.capabilities?.includes("page"));
  if (address === null || (plan !== undefined && monitor === undefined)) {
    throw new SluiceError("SLUICE_HOST_UNAVAILABLE", `${profile} has no page`, {
      cure: "Add one under plugins:, such as `monitor: { use: web-monitor }`, and start the host again.",
    });
  }
  const { listen, path = "/monitor" } = (monitor?.config ?? {}) as { listen?: string; path?: string };
  return { address: listen === undefined || listen.endsWith(":0") ? address : `http://${listen}`, path };
}

/** Opens the system's browser; where there is none, the link that was printed has to do. */
export function openBrowser(link: string): void {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open"]
      : process.platform === "win32"
        ? ["rundll32", "url.dll,FileProtocolHandler"]
        : ["xdg-open"];
  const child = spawn(command ?? "xdg-open", [...args, link], { detached: true, stdio: "ignore" });
  child.once("error", () => process.stderr.write("no browser could be opened; open the link yourself\n"));
  child.unref();
}
