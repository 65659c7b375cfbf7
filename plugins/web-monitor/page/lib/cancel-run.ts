import { say } from "../parts/dialog.tsx";
import { client } from "./hub.ts";
import { t } from "./i18n.ts";
import { refusalOf } from "./session.ts";

export function cancelRun(run: string): void {
  client
    .get()
    ?.cancel(run)
    .then(
      () => say(t("{run} is being cancelled", { run })),
      (error) => say(refusalOf(error).message, "bad"),
    );
}
