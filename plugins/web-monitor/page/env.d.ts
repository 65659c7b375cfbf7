declare module "*.css";
declare module "@fontsource-variable/inter";
declare module "@fontsource-variable/jetbrains-mono";

/** Libraries of frames that come without types: what is used of them. */
declare module "plotly.js-cartesian-dist-min" {
  const Plotly: {
    newPlot(place: HTMLElement, data: readonly unknown[], layout: object, options: object): Promise<unknown>;
  };
  export default Plotly;
}

declare module "pdfjs-dist/build/pdf.worker.mjs";
