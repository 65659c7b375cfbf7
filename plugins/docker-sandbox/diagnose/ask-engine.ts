import { request } from "node:http";
import { containEvents, cutText, parseJson } from "../../../core/kit/index.ts";

/** Asks the Docker engine something, without any of its client's machinery: a doctor must work where that does not. */
export function askEngine<Answer>(path: string, host: string, timeout = 3_000): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...transportOf(host), path, timeout }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      containEvents(response, reject);
      response.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        if (response.statusCode === 200) resolve(parseJson(body, { from: "the engine" }) as Answer);
        else reject(new Error(`HTTP ${response.statusCode}: ${cutText(body, 200)}`));
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer within ${timeout} ms`)));
    asked.on("error", reject);
    asked.end();
  });
}

export const defaultEngine = "unix:///var/run/docker.sock";

function transportOf(host: string): { socketPath: string } | { host: string; port: number } {
  if (host.startsWith("unix://")) return { socketPath: host.slice("unix://".length) };
  if (host.startsWith("/")) return { socketPath: host };
  const url = new URL(host.replace(/^tcp:/, "http:"));
  return { host: url.hostname, port: Number(url.port || 2375) };
}
