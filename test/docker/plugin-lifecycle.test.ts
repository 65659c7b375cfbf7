import { describe, it } from "vitest";
import { lifecycleSuite } from "../../core/testing/index.ts";
import { withEngine } from "../contract/plugin-subjects.ts";

describe.each(withEngine)("$use with a real engine", (subject) => {
  for (const { name, run } of lifecycleSuite({ ...subject, host: { cwd: "/tmp" } })) it(name, run);
});
