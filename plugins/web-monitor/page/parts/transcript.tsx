import { memo, type ReactNode } from "react";
import { cutText } from "../../../../core/client/index.ts";
import { bytes, duration, money } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { type Lane, lanesOf, type Node } from "../lib/lanes.ts";
import { execEndInWords } from "../lib/log-buffer.ts";
import type { AnyBlock, ExecBlock, NoteBlock, RunModel } from "../lib/run-model.ts";
import { Source, Status } from "./basics.tsx";
import { Icon } from "./icon.tsx";
import { MimeResult } from "./mime-result.tsx";
import { Output } from "./output.tsx";

/** Blocks drawn at once; a run of thousands of turns shows its newest. */
const most = 400;

/** A run in the order in which it happened; branches that ran at once lie side by side. */
export function Transcript({ model, version }: { readonly model: RunModel; readonly version: number }) {
  const blocks = model.blocks.slice(-most);
  const hidden = model.blocks.length - blocks.length;
  return (
    <div className="transcript">
      {hidden > 0 ? (
        <p className="muted">{t("{n} earlier parts are not drawn; Raw has them.", { n: hidden })}</p>
      ) : null}
      <Nodes nodes={lanesOf(blocks)} version={version} />
      {model.end === undefined && model.start !== undefined ? (
        <p className="typing" aria-hidden="true">
          <i />
          <i />
          <i />
        </p>
      ) : null}
    </div>
  );
}

function Nodes({ nodes, version }: { readonly nodes: readonly Node[]; readonly version: number }) {
  return nodes.map((node, index) => {
    if (node.kind === "branches") {
      return (
        <div key={node.key} className="branches">
          {node.lanes.map((lane) => (
            <BranchLane key={lane.branch} lane={lane} version={version} />
          ))}
        </div>
      );
    }
    const { block } = node;
    const before = nodes[index - 1];
    return (
      <Turn
        key={block.key}
        block={block}
        first={before?.kind !== "block" || !isSameSpeaker(before.block, block)}
        version={isOpen(block, index, nodes.length) ? version : 0}
      />
    );
  });
}

/** One branch: folded at will, and marked where it won. */
function BranchLane({ lane, version }: { readonly lane: Lane; readonly version: number }) {
  const { label, status, nodes } = lane;
  const isWinner = status === "won";
  return (
    <details className={`lane-box${isWinner ? " won" : ""}`} open>
      <summary>
        <b>{label}</b>
        <Status status={branchStates[status] ?? status} label={t(status)} />
      </summary>
      <div className="lane-body">
        <Nodes nodes={nodes} version={version} />
        {nodes.length === 0 && status === "running" ? <p className="muted">{t("nothing yet")}</p> : null}
      </div>
    </details>
  );
}

/** A branch's end as the page's own states show it: a loser did not fail. */
const branchStates: Readonly<Record<string, string>> = { won: "ok", lost: "stopped" };

/** One source may speak in several branches at once. */
function isSameSpeaker(before: AnyBlock | undefined, block: AnyBlock): boolean {
  return before?.source === block.source && before.branch === block.branch && before.void === block.void;
}

/** Whether a block may still grow. */
function isOpen(block: AnyBlock, index: number, length: number): boolean {
  return (block.kind === "exec" && block.end === undefined) || index >= length - 12;
}

const Turn = memo(function Turn({
  block,
  first,
}: {
  readonly block: AnyBlock;
  readonly first: boolean;
  readonly version: number;
}) {
  const body = bodyOf(block);
  if (body === null) return null;
  return (
    <article className={`turn turn-${block.kind}${block.void ? " void" : ""}`}>
      {first && block.kind !== "note" ? (
        <header>
          <Source name={block.source} />
          {block.void ? <span className="chip">{t("void")}</span> : null}
        </header>
      ) : null}
      {body}
    </article>
  );
});

function bodyOf(block: AnyBlock): ReactNode {
  switch (block.kind) {
    case "text":
      return block.text.trim() === "" ? null : <Prose text={block.text} />;
    case "reasoning":
      return (
        <details className="reasoning">
          <summary>{t("Reasoning")}</summary>
          <p className="prose">{block.text}</p>
        </details>
      );
    case "code":
      return <CodeBox language={block.language} text={block.text} />;
    case "exec":
      return <Execution block={block} />;
    case "result":
      return <MimeResult data={block.data} />;
    case "note":
      return <Note block={block} />;
  }
}

/** What a model said. Fenced code is told apart, because it is shown again where it runs. */
function Prose({ text }: { readonly text: string }) {
  const parts = cutText(text, 200_000).split(/```(\w*)\n?([\s\S]*?)(?:```|$)/);
  const nodes: ReactNode[] = [];
  for (let index = 0; index < parts.length; index += 3) {
    const [said, language, code] = [parts[index] ?? "", parts[index + 1], parts[index + 2]];
    if (said.trim() !== "")
      nodes.push(
        <p key={index} className="prose">
          {said.trim()}
        </p>,
      );
    if (code !== undefined) nodes.push(<CodeBox key={`${index}-code`} language={language ?? ""} text={code} />);
  }
  return <>{nodes}</>;
}

export function CodeBox({ language, text }: { readonly language: string; readonly text: string }) {
  return (
    <figure className="code-box">
      <figcaption>{language || t("code")}</figcaption>
      <pre tabIndex={0} aria-label={t("Code in {language}", { language: language || "?" })}>
        {cutText(text.replace(/\n$/, ""), 200_000)}
      </pre>
    </figure>
  );
}

function Execution({ block: { start, output, end, source } }: { readonly block: ExecBlock }) {
  const good = end?.status === "exited" && end.exitCode === 0;
  return (
    <div className="execution">
      <details>
        <summary>
          <Status
            status={end === undefined ? "running" : good ? "ok" : "failed"}
            label={end === undefined ? t("runs {language}", { language: start.language }) : execEndInWords(end)}
          />
          {end === undefined ? null : (
            <span className="muted number">
              {duration(end.wallMs)} · {bytes(end.peakBytes)}
              {end.stateLost ? ` · ${t("its variables are gone")}` : ""}
            </span>
          )}
        </summary>
        <CodeBox language={start.language} text={start.code} />
      </details>
      {output.lines === 0 && end === undefined ? null : (
        <Output output={output} label={t("Output of {source}", { source })} />
      )}
    </div>
  );
}

function Note({ block: { event } }: { readonly block: NoteBlock }) {
  switch (event.type) {
    case "run-start": {
      const { text, code, language, files } = event.data.input;
      return (
        <div className="prompt">
          {code === undefined ? (
            <p className="prose">{text}</p>
          ) : (
            <CodeBox language={language ?? "python"} text={code} />
          )}
          {files === undefined ? null : (
            <small className="muted">{t("with {files}", { files: files.join(", ") })}</small>
          )}
        </div>
      );
    }
    case "run-end":
      return (
        <p className="ending">
          <Status status={event.data.status} /> <span className="muted">{event.data.reason}</span>
          <span className="muted number">{money(event.data.cost.amount)}</span>
        </p>
      );
    case "error":
      return (
        <div className="note bad">
          <Icon name="failed" />
          <div>
            <p>
              <b>{event.source}</b> {event.data.message}
            </p>
            <p className="muted">{event.data.cure}</p>
            <code>{event.data.code}</code>
          </div>
        </div>
      );
    case "rewind":
      return (
        <div className="note warn">
          <Icon name="undo" />
          <p>{t("What stands struck out above is void: {reason}", { reason: event.data.reason })}</p>
        </div>
      );
    case "gap":
      return (
        <div className="note warn">
          <Icon name="degraded" />
          <p>
            {t("Events {from} to {to} are missing: {reason}", {
              from: event.data.from,
              to: event.data.to,
              reason: event.data.reason ?? "",
            })}
          </p>
        </div>
      );
    case "exec-file":
      return (
        <p className="mention">
          <Icon name="download" size={14} /> <code>{event.data.path}</code>{" "}
          <span className="muted number">{bytes(event.data.size)}</span>
        </p>
      );
    case "input-request":
      return (
        <p className="mention">
          <Icon name="waiting" size={14} /> {t("asks: {prompt}", { prompt: event.data.prompt || "…" })}
        </p>
      );
    case "approval-request":
      return (
        <p className="mention">
          <Icon name="waiting" size={14} /> {event.data.message}
        </p>
      );
    case "input-response":
      return (
        <p className="mention">
          <Icon name="right" size={14} /> {event.data.text === null ? t("end of input") : event.data.text}
        </p>
      );
    case "approval-response":
      return (
        <p className="mention">
          <Icon name={event.data.approved ? "check" : "close"} size={14} />{" "}
          {event.data.approved ? t("approved") : t("refused")} {event.data.message}
        </p>
      );
    default:
      return null;
  }
}
