import { type TurnRecord, tipFrom } from "../lib/conversation-tree.ts";
import { t } from "../lib/i18n.ts";
import { setQuery } from "../lib/router.ts";
import { Button } from "../parts/basics.tsx";

/** Which of several versions is shown, and the way to the others: each leads to the newest turn after it. */
export function Versions({
  what,
  versions,
  shown,
  runs,
}: {
  readonly what: string;
  readonly versions: readonly TurnRecord[];
  readonly shown: string;
  readonly runs: readonly TurnRecord[];
}) {
  if (versions.length < 2) return null;
  const at = versions.findIndex(({ run }) => run === shown);
  const step = (by: number) => {
    const next = versions[at + by];
    if (next !== undefined) setQuery({ at: tipFrom(runs, next.run) });
  };
  return (
    <span className="versions" role="group" aria-label={what}>
      <Button icon="left" kind="plain" label={t("The version before")} disabled={at <= 0} onClick={() => step(-1)} />
      <span className="number">
        {at + 1}/{versions.length}
      </span>
      <Button
        icon="right"
        kind="plain"
        label={t("The version after")}
        disabled={at >= versions.length - 1}
        onClick={() => step(1)}
      />
    </span>
  );
}
