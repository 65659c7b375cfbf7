import { readFileSync } from "node:fs";
import path from "node:path";
import { packageRoot, type ServiceImage } from "../../core/kit/index.ts";

const FOLDER = path.join(packageRoot, "plugins/open-interpreter/image");

/** What the server's image is made from. */
export function serverImage(caCertificates: string): ServiceImage {
  const read = (name: string) => readFileSync(path.join(FOLDER, name));
  return {
    name: "sluicebox-open-interpreter",
    release: "bookworm",
    dockerfile: read("Dockerfile").toString("utf8"),
    files: [{ path: "requirements.txt", content: read("requirements.txt") }],
    caCertificates,
  };
}
