import "./nonce.ts";
import { type Loader, parse, type Spec, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import { serve } from "./frame.ts";

interface Drawing {
  readonly spec: unknown;
  readonly isLite: boolean;
}

const refuse = () => Promise.reject(new Error("a drawing loads nothing: write the data into it"));
const loader: Loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };

serve(async (drawing, place) => {
  const { spec, isLite } = drawing as Drawing;
  const whole = isLite ? compile(spec as TopLevelSpec).spec : (spec as Spec);
  const problems: string[] = [];
  const told = (...words: readonly unknown[]) => {
    problems.push(words.map(String).join(" "));
    return logger;
  };
  // What could not be loaded is a warning to Vega, and an empty chart.
  const onlyLoading = (...words: readonly unknown[]) => (words[0] === "Loading failed" ? told(...words) : logger);
  const logger = { level: () => logger, error: told, warn: onlyLoading, info: () => logger, debug: () => logger };
  // The interpreter reads expressions, so that none of them is compiled: the policy forbids that.
  const view = new View(parse(whole, undefined, { ast: true }), {
    ...{ expr: expressionInterpreter, loader, logger: logger as never },
    ...{ container: place, renderer: "canvas", hover: true },
  });
  await view.runAsync();
  if (problems.length > 0) throw new Error(problems[0]);
});
