import { definePlugin } from "../../core/contract/index.ts";
import { ApproveStage } from "./approve-stage.ts";
import type { ApproveConfig } from "./config.generated.ts";
import { patternProblem } from "./rules.ts";

export default definePlugin<ApproveConfig>()({
  check: ({ rules }) =>
    rules.flatMap(({ matches }, index) => {
      const problem = matches === undefined ? undefined : patternProblem(matches);
      return problem === undefined ? [] : [{ path: `/rules/${index}/matches`, message: problem }];
    }),
  create: ({ id, config }) => new ApproveStage(id, config),
});
