import { Flags } from "@oclif/core";
import { parseDuration } from "../core/command-line.ts";
import { SluiceError } from "../core/contract/index.ts";

export const profileFlag = Flags.string({
  char: "p",
  helpValue: "PROFILE",
  description:
    "the profile: a file, or the name of one that comes with Sluicebox [default: ./sluice.yaml, else default]",
});

export const hostFlag = Flags.boolean({
  allowNo: true,
  description: "use the host that is up, whichever profile it serves; --no-host uses none",
});

export const flowFlag = Flags.string({
  char: "f",
  helpValue: "FLOW",
  description: "the flow of the profile [default: run for code, chat for text]",
});

export const jsonFlag = Flags.boolean({ description: "one JSON object a line on stdout, and nothing else" });

export const sessionFlag = Flags.string({
  helpValue: "ID",
  description: "continue this session, or begin it (needs a host that is up)",
});

export const timeoutFlag = Flags.string({
  helpValue: "30s",
  description: "time for the whole run",
});

export const putFlag = Flags.string({
  multiple: true,
  multipleNonGreedy: true,
  helpValue: "PATH",
  description: "put this file or folder into the workspace first (repeatable)",
});

export const forceFlag = Flags.boolean({
  dependsOn: ["get"],
  description: "with --get: write over files that are there already, instead of taking new names",
});

export const getFlag = Flags.string({
  helpValue: "DIR",
  description: "write the files and pictures that the run makes into this folder",
});

/** What commands say of an argument that names a run. */
export const runArgument = { ignoreStdin: true, description: "the id of a run, its beginning, or `last`" } as const;

export const sessionArgument = { ignoreStdin: true, required: true, description: "the session's name" } as const;

/** @throws SluiceError SLUICE_USAGE */
export function milliseconds(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const parsed = parseDuration(value);
  if (parsed === undefined || parsed <= 0) {
    throw new SluiceError("SLUICE_USAGE", `--${flag} wants a duration, and \`${value}\` is none`, {
      cure: "Write a number and its unit: 500ms, 30s, 5m.",
    });
  }
  return parsed;
}
