import "./nonce.ts";
import Plotly from "plotly.js-cartesian-dist-min";
import { serve } from "./frame.ts";

interface Figure {
  readonly data?: unknown;
  readonly layout?: object;
}

serve(async (figure, place) => {
  const { data, layout } = figure as Figure;
  if (!Array.isArray(data)) throw new Error("a figure of Plotly needs a list of data");
  await Plotly.newPlot(place, data, { height: 420, ...layout }, { displaylogo: false, responsive: true });
});
