import { useEffect, useState } from "react";
import { firstLine } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { hrefOf } from "../lib/router.ts";
import { may } from "../lib/session.ts";
import { useConversations } from "../lib/use-conversation.ts";
import { stateOf } from "../lib/waiting-runs.ts";
import { Ago, Link, Status } from "../parts/basics.tsx";
import { Icon } from "../parts/icon.tsx";
import { useWaiting } from "../parts/use-waiting.ts";
import { ConversationActions } from "./conversation-actions.tsx";

/** The conversations at the side of the screen; where it is narrow, they fold up above. */
export function Conversations({ current }: { readonly current: string | undefined }) {
  const [open, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it folds up when one was chosen
  useEffect(() => setOpen(false), [current]);
  return (
    <div className={`conversations${open ? " open" : ""}`}>
      <div className="conversations-head">
        <Link className="button" href={hrefOf("chat")}>
          {t("New conversation")}
        </Link>
        <button type="button" className="button fold" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? "down" : "right"} />
          <span>{t("Conversations")}</span>
        </button>
      </div>
      <List current={current} />
    </div>
  );
}

function List({ current }: { readonly current: string | undefined }) {
  const [search, setSearch] = useState("");
  const waiting = useWaiting();
  const { conversations, isWhole = true, readAgain } = useConversations(search.trim());
  return (
    <nav aria-label={t("Conversations")}>
      <input
        type="search"
        value={search}
        aria-label={t("Search conversations")}
        placeholder={t("Search conversations")}
        onChange={(event) => setSearch(event.target.value)}
      />
      {conversations?.length === 0 ? (
        <p className="muted">{search === "" ? t("None yet") : t("No conversation fits")}</p>
      ) : null}
      <ul>
        {conversations?.map((each) => (
          <li key={each.name} className={each.name === current ? "row" : ""}>
            <Link
              className={`conversation${each.name === current ? " on" : ""}`}
              href={hrefOf(`chat/${encodeURIComponent(each.name)}`)}
              current={each.name === current}
            >
              <b dir="auto">{firstLine(each.title, 60) || each.name}</b>
              <small>
                {each.running.length === 0 ? (
                  <Ago time={each.last} />
                ) : (
                  <Status
                    status={stateOf(
                      "running",
                      each.running.some((run) => waiting.has(run)),
                    )}
                  />
                )}
              </small>
            </Link>
            {each.name === current && may("run") ? (
              <ConversationActions conversation={each} onChanged={readAgain} />
            ) : null}
          </li>
        ))}
      </ul>
      {isWhole ? null : <small className="muted">{t("Older ones are found by the search.")}</small>}
    </nav>
  );
}
