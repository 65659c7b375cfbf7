import { defineConfig } from "rolldown";
import { supply } from "../../../../bin/supply.ts";

/**
 * One file for each kind of frame, with its library in it. Only a frame fetches it, when a run shows something of its
 * kind: the page stays as light as it is.
 */
export default ["plotly", "vega", "pdf"].map((name) =>
  defineConfig({
    input: `${import.meta.dirname}/${name}.ts`,
    platform: "browser",
    plugins: supply(),
    // A file that is no module knows no address of its own.
    transform: { define: { "import.meta": "{}" } },
    checks: { pluginTimings: false },
    output: {
      dir: `${import.meta.dirname}/../../../../var/dist/plugins/web-monitor/public/frames/${name}`,
      format: "iife",
      entryFileNames: "frame.js",
      codeSplitting: false,
      minify: true,
    },
  }),
);
