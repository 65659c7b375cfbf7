import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { supply } from "../../../bin/supply.ts";

/** Where `npm run dev` starts the host; the page is served beside it and asks it for everything else. */
const host = "http://127.0.0.1:8000";
const base = "/monitor";

/** What the host writes into the page when it serves it. */
const filled: Plugin = {
  name: "filled-page",
  transformIndexHtml: (page) => page.replace("__BASE__", base).replace("__NONCE__", ""),
};

/** The host answers its own origin alone, so requests carry that one. */
const toHost = { target: host, changeOrigin: true, headers: { origin: host } };

/**
 * One script and one sheet: an exported run carries both in itself, and opens without any host. What few runs need is a
 * chunk of its own, which is fetched when it is needed; a page without a host does without.
 */
export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  base: command === "serve" ? `${base}/` : "./",
  plugins: command === "serve" ? [react(), filled] : [react(), supply()],
  server: {
    host: "127.0.0.1",
    port: 5173,
    // The wire is at the root; what reloads the page has its own socket, under the page's path.
    proxy: { [`${base}/api`]: toHost, "^/$": { ...toHost, ws: true } },
  },
  build: {
    outDir: "../../../dist/plugins/web-monitor/public",
    emptyOutDir: true,
    target: "es2024",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: false,
    // The content policy lets no font in that is written as data.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
}));
