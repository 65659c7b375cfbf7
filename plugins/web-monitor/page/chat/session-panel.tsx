import { useEffect, useState } from "react";
import type { Turn } from "../lib/conversation-tree.ts";
import { type FlowEntry, isUsable } from "../lib/flow-entry.ts";
import { t } from "../lib/i18n.ts";
import { basePath } from "../lib/router.ts";
import { may, request } from "../lib/session.ts";
import { useApi } from "../lib/use-api.ts";
import { Button, RefusalNote } from "../parts/basics.tsx";
import { FileTable, type ListedFile } from "../parts/file-table.tsx";
import { send } from "./send.ts";

interface SessionPanelProps {
  /** The session of the answers that are shown. */
  readonly session: string;
  readonly flows: readonly FlowEntry[];
  readonly last: Turn | undefined;
}

/** What the sandbox of a conversation has now: its files, its variables, and how to type into it. */
export function SessionPanel(props: SessionPanelProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="session-panel" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{t("Files and variables of the session")}</summary>
      {isOpen ? <Contents {...props} /> : null}
    </details>
  );
}

function Contents({ session, flows, last }: SessionPanelProps) {
  const path = `sessions/${encodeURIComponent(session)}`;
  const { value, refusal, reload } = useApi<{ files: ListedFile[] }>(`${path}/files`);
  const runs = last?.columns.map(({ shown }) => `${shown.run} ${shown.status}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a turn that ended may have written more
  useEffect(() => void reload(), [runs, reload]);
  const code = flows.find((flow) => flow.takes === "code" && isUsable(flow));
  const files = value?.files ?? [];
  const look = async () => {
    void reload();
    const now = await request<{ files: ListedFile[] }>("GET", `${path}/files`).catch(() => ({ files: [] }));
    return new Set(now.files.map((file) => file.path));
  };
  const show = () =>
    send({
      ...{ flows: [code?.name ?? ""], text: "%whos", language: "python" },
      ...{ session: () => session, continues: last?.chosen.run ?? null },
    });
  return (
    <div className="session-contents">
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      {value !== undefined && files.length === 0 ? <p className="muted">{t("Its workspace has no files.")}</p> : null}
      {files.length === 0 ? null : (
        <FileTable
          files={files}
          hrefOf={(file) => `${basePath}/api/${path}/file?path=${encodeURIComponent(file)}`}
          there={refusal === undefined ? new Set(files.map((file) => file.path)) : new Set()}
          look={look}
        />
      )}
      <div className="actions">
        <Button icon="restart" onClick={() => void reload()}>
          {t("Read again")}
        </Button>
        {code === undefined ? null : (
          <Button
            icon="play"
            disabled={!may("run")}
            hint={t("Runs %whos as a cell; what it prints is the next turn.")}
            onClick={() => void show()}
          >
            {t("Show its variables")}
          </Button>
        )}
      </div>
      <p className="muted">
        {code === undefined
          ? t("Sandboxes offer no terminal, and the profile has no flow that runs code as it is.")
          : t(
              "Sandboxes offer no terminal: choose {flow} and bash below, and each question is a cell with its state.",
              {
                flow: code.name,
              },
            )}
      </p>
    </div>
  );
}
