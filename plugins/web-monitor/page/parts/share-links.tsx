import { useEffect, useState } from "react";
import { exact } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { hrefOf } from "../lib/router.ts";
import { may, refusalOf, request } from "../lib/session.ts";
import { Store, useStore } from "../lib/store.ts";
import { useApi } from "../lib/use-api.ts";
import { Ago, Button, Link } from "./basics.tsx";
import { say } from "./dialog.tsx";

interface ShareEntry {
  readonly id: string;
  readonly run: string;
  readonly owner: string;
  readonly mine: boolean;
  readonly created: string;
  readonly expires: string;
}

/** Changes when a link was given here, so that lists read again. */
const given = new Store(0);

/** Tells the lists that there is one more. */
export function linkWasGiven(): void {
  given.update((count) => count + 1);
}

/** The links that are out and show a run to anybody: of one run, or all that this person may end. */
export function ShareLinks({ run }: { readonly run?: string }) {
  const { value, reload } = useApi<{ shares: ShareEntry[] }>(may("run") ? "shares" : undefined, 30_000);
  const count = useStore(given);
  const [ending, setEnding] = useState<string>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: one more was given
  useEffect(() => void reload(), [count, reload]);
  const shares = value?.shares.filter((share) => run === undefined || share.run === run) ?? [];
  if (shares.length === 0) return null;
  const end = async (id: string) => {
    setEnding(id);
    try {
      await request("DELETE", `shares/${encodeURIComponent(id)}`);
      say(t("The link shows nothing any more."));
    } catch (error) {
      say(refusalOf(error).message, "bad");
    }
    await reload();
    setEnding(undefined);
  };
  return (
    <details className="share-links">
      <summary>{t("Links that show a run: {n}", { n: shares.length })}</summary>
      <ul className="plain-list">
        {shares.map(({ id, run: shown, owner, mine, created, expires }) => (
          <li key={id}>
            {run === undefined ? <Link href={hrefOf(`runs/${shown}`)}>{shown}</Link> : null}
            <span className="muted">
              {t("given")} <Ago time={created} />
              {mine ? "" : ` · ${owner}`} · {t("good until {time}", { time: exact(expires) })}
            </span>
            <Button icon="close" kind="plain" disabled={ending === id} onClick={() => void end(id)}>
              {t("End this link")}
            </Button>
          </li>
        ))}
      </ul>
    </details>
  );
}
