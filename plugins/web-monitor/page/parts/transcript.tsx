import { memo, type ReactNode } from "react";
import type { Lane, TranscriptNode } from "../../../../core/kit/transcript/index.ts";
import { t } from "../lib/i18n.ts";
import type { ProgramOutput } from "../lib/program-output.ts";
import type { RunModel } from "../lib/run-model.ts";
import type { RunPart } from "../lib/run-parts.ts";
import { CodeBox } from "../rich/code-box.tsx";
import { Markdown } from "../rich/markdown.tsx";
import { Source, Status } from "./basics.tsx";
import { Note } from "./notes.tsx";
import { Execution } from "./program.tsx";

/** Parts drawn at once in one lane; a run of thousands of turns shows its newest. */
const most = 400;

/** A run in the order in which it happened; branches that ran at once lie side by side. */
export function Transcript({
  model,
  version,
  framed = true,
}: {
  readonly model: RunModel;
  readonly version: number;
  /** Whether it begins with the question and ends with how it ended. */
  readonly framed?: boolean;
}) {
  const { nodes } = model.transcript.root;
  return (
    <div className="transcript">
      <Nodes nodes={framed ? nodes : nodes.filter((node) => !isFrame(node))} version={version} />
      {model.end === undefined && model.start !== undefined && model.waiting === undefined ? (
        <p className="typing" aria-hidden="true">
          <i />
          <i />
          <i />
        </p>
      ) : null}
    </div>
  );
}

type RunNode = TranscriptNode<ProgramOutput>;

function isFrame(node: RunNode): boolean {
  if (node.kind !== "part" || node.part.kind !== "note") return false;
  return node.part.event.type === "run-start" || node.part.event.type === "run-end";
}

function Nodes({ nodes, version }: { readonly nodes: readonly RunNode[]; readonly version: number }) {
  const hidden = Math.max(0, nodes.length - most);
  return (
    <>
      {hidden > 0 ? (
        <p className="muted">
          {t("{n|# earlier part is|# earlier parts are} not drawn; Raw has {n|it|them}.", { n: hidden })}
        </p>
      ) : null}
      {nodes.slice(hidden).map((node, index) => {
        if (node.kind === "lanes") {
          return (
            <div key={node.seq} className="branches">
              {node.lanes.map((lane, place) => (
                <BranchLane key={lane.branch} {...{ lane, place, version }} winner={winnerOf(node.lanes)} />
              ))}
            </div>
          );
        }
        const { part } = node;
        return (
          <Turn
            key={part.seq}
            part={part}
            first={!isSameSpeaker(spokeBefore(nodes, hidden + index), part)}
            isVoid={part.void ?? false}
            version={mayChange(part, hidden + index, nodes.length) ? version : 0}
          />
        );
      })}
    </>
  );
}

/** The part before, those apart that are not drawn. */
function spokeBefore(nodes: readonly RunNode[], index: number): RunPart | undefined {
  const before = nodes
    .slice(Math.max(0, index - 4), index)
    .findLast((node) => !(node.kind === "part" && node.part.kind === "answer"));
  return before?.kind === "part" ? before.part : undefined;
}

function winnerOf(lanes: readonly Lane<ProgramOutput>[]): string {
  return lanes.find(({ status }) => status === "won")?.label ?? "";
}

/** One branch: folded at will, and marked where it won. A loser says to whom it lost. */
function BranchLane({
  lane,
  place,
  winner,
  version,
}: {
  readonly lane: Lane<ProgramOutput>;
  /** Among those beside it, which have other colours. */
  readonly place: number;
  readonly winner: string;
  readonly version: number;
}) {
  const { label, status, nodes } = lane;
  const isWinner = status === "won";
  return (
    <details
      className={`lane-box${isWinner ? " won" : ""}`}
      style={{ borderInlineStartColor: `var(--series-${place % 8})` }}
      open
    >
      <summary>
        <b>{label}</b>
        <Status status={branchStates[status] ?? status} label={t(status)} />
      </summary>
      <div className="lane-body">
        {winner !== "" && status === "cancelled" ? (
          <p className="muted">{t("{winner} was first; this branch was cut off.", { winner })}</p>
        ) : null}
        {winner !== "" && status === "lost" ? (
          <p className="muted">{t("{winner} was taken; what this branch came to was not.", { winner })}</p>
        ) : null}
        <Nodes nodes={nodes} version={version} />
        {nodes.length === 0 && status === "running" ? <p className="muted">{t("nothing yet")}</p> : null}
      </div>
    </details>
  );
}

/** A branch's end as the page's own states show it: a loser did not fail. */
const branchStates: Readonly<Record<string, string>> = { won: "ok", lost: "stopped" };

/** One source may speak in several branches at once. */
function isSameSpeaker(before: RunPart | undefined, part: RunPart): boolean {
  return before?.source === part.source && before.branch === part.branch && before.void === part.void;
}

/** Whether a part may still grow. What a program showed may be updated by a later one. */
function mayChange(part: RunPart, index: number, length: number): boolean {
  return part.open || (part.kind === "program" && part.record.hasNamed) || index >= length - 12;
}

const Turn = memo(function Turn({
  part,
  first,
  isVoid,
}: {
  readonly part: RunPart;
  readonly first: boolean;
  readonly isVoid: boolean;
  readonly version: number;
}) {
  const body = bodyOf(part);
  if (body === null) return null;
  return (
    <article id={`part-${part.seq}`} tabIndex={-1} className={`turn turn-${part.kind}${isVoid ? " void" : ""}`}>
      {first && part.kind !== "note" ? (
        <header>
          <Source name={part.source} />
          {isVoid ? <span className="chip">{t("void")}</span> : null}
        </header>
      ) : null}
      {body}
    </article>
  );
});

/** One part by itself, with whose it is. */
export function PartView({ part }: { readonly part: RunPart }) {
  const body = bodyOf(part);
  if (body === null) return null;
  return (
    <div className={`turn turn-${part.kind}`}>
      {part.kind === "note" ? null : (
        <header>
          <Source name={part.source} />
        </header>
      )}
      {body}
    </div>
  );
}

function bodyOf(part: RunPart): ReactNode {
  switch (part.kind) {
    case "answer":
      return null;
    case "text":
      return part.text.trim() === "" ? null : <Markdown text={part.text} />;
    case "reasoning":
      return (
        <details className="reasoning">
          <summary>{t("Reasoning")}</summary>
          <p className="prose">{part.text}</p>
        </details>
      );
    case "code":
      return <CodeBox language={part.language} text={part.text} />;
    case "program":
      return <Execution program={part} />;
    case "note":
      return <Note note={part} />;
  }
}
