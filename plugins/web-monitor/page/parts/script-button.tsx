import { useState } from "react";
import { save } from "../lib/bundles.ts";
import { t } from "../lib/i18n.ts";
import type { AskedRun } from "../lib/run-commands.ts";
import { type ScriptFile, scriptOf } from "../lib/run-script.ts";
import { refusalOf } from "../lib/session.ts";
import { Button } from "./basics.tsx";
import { say } from "./dialog.tsx";

interface ScriptButtonProps {
  /** The name of the file, without its ending. */
  readonly name: string;
  readonly asked: AskedRun;
  /** The files that go with it. @throws Error when one cannot be read */
  readonly read: () => Promise<readonly ScriptFile[]>;
  readonly disabled?: boolean;
}

/** What is asked as a file that a shell runs, with all that goes with it. */
export function ScriptButton({ name, asked, read, disabled = false }: ScriptButtonProps) {
  const [busy, setBusy] = useState(false);
  const saved = async () => {
    setBusy(true);
    try {
      save(`${name}.sh`, scriptOf(asked, await read()), "text/x-shellscript");
    } catch (error) {
      say(error instanceof Error && !("code" in error) ? error.message : refusalOf(error).message, "bad");
    }
    setBusy(false);
  };
  return (
    <Button
      icon="download"
      kind="plain"
      disabled={disabled || busy}
      hint={t("A file for the shell that asks the same, with its session, its files and its flow.")}
      onClick={() => void saved()}
    >
      {t("Save as a script")}
    </Button>
  );
}
