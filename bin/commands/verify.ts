import { Flags } from "@oclif/core";
import { SluiceError } from "../../core/contract/index.ts";
import { printable, printableJson } from "../../core/kit/index.ts";
import { SandboxCommand } from "../host/sandbox-command.ts";
import { withProgress } from "../output/progress.ts";
import { painter } from "../output/style.ts";
import { hold, secondHost } from "../verify/second-host.ts";
import { cases, type Verdict, verify } from "../verify/verify.ts";

const marks = { pass: ["green", "PASS"], skip: ["yellow", "SKIP"], fail: ["red", "FAIL"] } as const;

/** For any failure: the engine and the doctor say what exactly is missing. */
const cure = "See `sluice doctor` for what the engine lacks; until all holds, run no code here that nobody has read.";

export default class Verify extends SandboxCommand {
  static override description = `Prove on this machine that the profile's sandboxes hold what they promise.

Runs code that tries to get out, to take too much, or to lie about its end: PASS or FAIL of each.
First it looks whether code is apart from this machine at all; where it is not, nothing else is tried.
What the profile loosens by name, and what a runtime cannot have, is SKIP, with the reason. Exits 1 when a case fails.`;
  static override examples = ["<%= config.bin %> verify", "<%= config.bin %> verify --case 46,67,68"];
  static override flags = {
    ...SandboxCommand.shared,
    case: Flags.string({
      multiple: true,
      delimiter: ",",
      helpValue: "N,...",
      description: "try these cases alone, by number, after those of the gate [default: all]",
    }),
    hold: Flags.boolean({ hidden: true, description: "be the host that is killed: keep one session until then" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Verify);
    if (flags.hold) return this.each(flags, "open", ({ sandbox, signal }) => hold(sandbox, signal));
    const only = flags.case && numbersOf(flags.case);
    let failed = 0;
    await this.each(flags, "open", async ({ id, sandbox, config, signal }) => {
      await withProgress(flags.json, async (options) => sandbox.prepare?.(options, signal));
      const counts = { pass: 0, fail: 0, skip: 0 };
      if (!flags.json) process.stdout.write(`${id}:\n`);
      const options = { relaunch: secondHost(flags.profile, id), ...(only ? { only } : {}) };
      for await (const verdict of verify(sandbox, config, signal, options)) {
        counts[verdict.status] += 1;
        process.stdout.write(
          flags.json ? `${printableJson({ type: "verdict", data: { sandbox: id, ...verdict } })}\n` : line(verdict),
        );
      }
      failed += counts.fail;
      if (flags.json) return;
      process.stdout.write(`${counts.pass} passed, ${counts.fail} failed, ${counts.skip} skipped\n`);
      if (counts.fail > 0) process.stdout.write(`  = ${cure}\n`);
    });
    if (failed > 0) process.exitCode = 1;
  }
}

function numbersOf(given: readonly string[]): number[] {
  const numbers = given.map((text) => cases.find(({ id }) => String(id) === text.trim())?.id);
  const unknown = given.filter((_, index) => numbers[index] === undefined);
  if (unknown.length > 0) {
    const named = unknown.map((text) => JSON.stringify(text)).join(", ");
    throw new SluiceError("SLUICE_USAGE", `there is no case ${named}`, {
      cure: `Cases have the numbers ${cases[0]?.id} to ${cases.at(-1)?.id}; \`sluice verify\` prints them.`,
    });
  }
  return numbers.filter((id) => id !== undefined);
}

function line({ id, group, name, status, detail, cure }: Verdict): string {
  const paint = painter(process.stdout);
  const [color, mark] = marks[status];
  const more = [detail, cure].filter((text) => text !== undefined).map((text) => `      = ${printable(text)}\n`);
  return `${paint(color, mark)}  ${id} ${group}: ${name}\n${more.join("")}`;
}
