import "./nonce.ts";
import { getDocument } from "pdfjs-dist";
// Set before the library looks for it: then it starts no worker, which the policy would forbid.
import * as worker from "pdfjs-dist/build/pdf.worker.mjs";
import { serve } from "./frame.ts";

(globalThis as { pdfjsWorker?: unknown }).pdfjsWorker = worker;

/** Pages drawn, and pixels of their width. */
const mostPages = 30;
const width = 900;

serve(async (bytes, place) => {
  const reading = getDocument({ data: bytes as Uint8Array, useSystemFonts: true, useWorkerFetch: false });
  const { numPages, getPage } = await reading.promise.then((pdf) => ({
    numPages: pdf.numPages,
    getPage: (page: number) => pdf.getPage(page),
  }));
  for (let number = 1; number <= Math.min(numPages, mostPages); number += 1) {
    const page = await getPage(number);
    const viewport = page.getViewport({ scale: width / page.getViewport({ scale: 1 }).width });
    const canvas = document.createElement("canvas");
    canvas.width = viewport.width;
    canvas.height = viewport.height;
    canvas.setAttribute("role", "img");
    const { items } = await page.getTextContent();
    const words = items.map((item) => ("str" in item ? item.str : "")).join(" ");
    canvas.setAttribute("aria-label", `${number}/${numPages} ${words.slice(0, 5_000)}`);
    place.append(canvas);
    await page.render({ canvas, viewport }).promise;
  }
  if (numPages > mostPages) place.append(`1–${mostPages} / ${numPages}`);
});
