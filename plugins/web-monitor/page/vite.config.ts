import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { supply } from "../../../bin/supply.ts";

/** One script and one sheet: an exported run carries both in itself, and opens without any host. */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [react(), supply()],
  build: {
    outDir: "../../../dist/plugins/web-monitor/public",
    emptyOutDir: true,
    target: "es2024",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: false,
    // The content policy lets no font in that is written as data.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: { output: { codeSplitting: false }, checks: { pluginTimings: false } },
  },
});
