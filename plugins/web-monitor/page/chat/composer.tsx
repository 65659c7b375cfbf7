import { useId, useState } from "react";
import { keptFiles, type Seed } from "../lib/asked.ts";
import { lanesOf, type Turn, type TurnRecord } from "../lib/conversation-tree.ts";
import { useDraft } from "../lib/drafts.ts";
import { type FlowEntry, isUsable } from "../lib/flow-entry.ts";
import { budgetInWords } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { besideOthers } from "../lib/pasted-files.ts";
import { go, hrefOf, setQuery, usePlace } from "../lib/router.ts";
import { type AskedRun, commandOf, shellWord } from "../lib/run-commands.ts";
import type { ScriptFile } from "../lib/run-script.ts";
import { may } from "../lib/session.ts";
import { stdinInWords } from "../lib/stdin-words.ts";
import { Command } from "../parts/basics.tsx";
import { ScriptButton } from "../parts/script-button.tsx";
import { AddedFiles, bytesOf } from "./added-files.tsx";
import { FlowChoice } from "./flow-choice.tsx";
import { isSending } from "./keys.ts";
import { send } from "./send.ts";
import { WhoAnswers } from "./who-answers.tsx";

export interface ComposerProps {
  /** The conversation; undefined for one that is to begin. */
  readonly name: string | undefined;
  readonly flows: readonly FlowEntry[];
  readonly seed: Seed | undefined;
  readonly runs: readonly TurnRecord[];
  /** Sessions that have a sandbox now. */
  readonly open: readonly string[];
  /** What the next question goes on from. */
  readonly last: Turn | undefined;
  readonly files: readonly File[];
  readonly onFiles: (files: readonly File[]) => void;
  readonly onSent: () => void;
}

interface Draft {
  readonly chosen: readonly string[];
  readonly text: string;
  readonly language: string;
  readonly alone: boolean;
}

/** Where the next question is written. */
export function Composer(props: ComposerProps) {
  const { flows, seed, files, onFiles, last, open } = props;
  const [draft, change] = useComposed(props);
  const { chosen, text, language, alone } = draft;
  const [busy, setBusy] = useState(false);
  const kind = flows.find((flow) => flow.name === chosen[0])?.takes ?? "text";
  const isCode = kind === "code";
  const id = useId();
  const ready = text.trim() !== "" && chosen.length > 0 && may("run") && !busy;
  const submit = async () => {
    if (!ready) return;
    setBusy(true);
    const isSent = await sendFrom(props, draft, isCode);
    setBusy(false);
    if (!isSent) return;
    change({ text: "" });
    onFiles([]);
    props.onSent();
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <FlowChoice flows={flows} chosen={chosen} kind={kind} onChange={(next) => change({ chosen: next })} />
      <label className="hidden" htmlFor={id}>
        {isCode ? t("A program") : t("A prompt")}
      </label>
      <textarea
        id={id}
        rows={isCode ? 5 : 3}
        className={isCode ? "mono" : ""}
        value={text}
        spellCheck={!isCode}
        placeholder={isCode ? "print('Hello, World!')" : t("What is 6 times 7? Write a program.")}
        onChange={(event) => change({ text: event.target.value })}
        onPaste={(event) => takePasted(event, (pasted) => onFiles(besideOthers(files, pasted)))}
        onKeyDown={(event) => {
          if (!isSending(event, isCode)) return;
          event.preventDefault();
          void submit();
        }}
      />
      {seed === undefined ? null : <SeedFiles seed={seed} />}
      <div className="composer-foot">
        <AddedFiles files={files} onChange={onFiles} />
        {isCode ? <LanguageChoice language={language} onChange={(next) => change({ language: next })} /> : null}
        <AloneChoice alone={alone} onChange={(next) => change({ alone: next })} />
        <Elsewhere {...props} draft={draft} isCode={isCode} />
        <button type="submit" className="button primary" disabled={!ready}>
          {t("Run")} <kbd>{isCode ? "Ctrl ⏎" : "⏎"}</kbd>
        </button>
      </div>
      <WhoAnswers flows={flows} chosen={chosen} isEmpty={last !== undefined && !open.includes(last.chosen.session)} />
    </form>
  );
}

/** What is written, beginning with what the address or the run before says. */
function useComposed({ name, flows, seed, last }: ComposerProps) {
  const { query } = usePlace();
  const wanted = seed?.flow ?? query.get("flow");
  const again = wanted === null ? (last?.columns.map(({ flow }) => flow) ?? []) : [wanted];
  const known = again.filter((flow) => flows.some((each) => each.name === flow));
  const first = flows.find((flow) => isUsable(flow) && flow.takes === "text") ?? flows[0];
  return useDraft<Draft>(`${name ?? ""} ${seed?.run ?? ""} ${query.get("flow") ?? ""}`, {
    chosen: known.length > 0 || first === undefined ? known : [first.name],
    text: seed?.text ?? query.get("code") ?? query.get("text") ?? "",
    language: seed?.language ?? query.get("language") ?? "python",
    alone: seed !== undefined && seed.session === undefined,
  });
}

async function sendFrom(
  { name, seed, runs, last, files }: ComposerProps,
  { chosen, text, language, alone }: Draft,
  isCode: boolean,
): Promise<boolean> {
  const conversation = name ?? `chat-${crypto.randomUUID().slice(0, 8)}`;
  const lanes = lanesOf(conversation, chosen, runs, last?.chosen);
  const asked = await send({
    ...{ flows: chosen, text, files, seed },
    ...(isCode ? { language } : {}),
    ...(alone ? {} : { session: (flow: string) => lanes.get(flow), continues: last?.chosen.run ?? null }),
  });
  if (asked === undefined) return false;
  if (alone) go(hrefOf("chat", { runs: asked.map(({ run }) => run).join(",") }));
  else if (name === undefined) go(hrefOf(`chat/${conversation}`));
  else setQuery({ at: undefined, from: undefined, text: undefined, code: undefined, flow: undefined });
  return true;
}

/** Files in the clipboard, such as a picture, are added; text is pasted as ever. */
function takePasted(event: React.ClipboardEvent, add: (files: FileList) => void): void {
  const { files } = event.clipboardData;
  if (files.length === 0) return;
  event.preventDefault();
  add(files);
}

function AloneChoice({ alone, onChange }: { readonly alone: boolean; readonly onChange: (alone: boolean) => void }) {
  return (
    <label
      className="check"
      title={t("In a sandbox of its own that is closed after it; it knows nothing of what was said.")}
    >
      <input type="checkbox" checked={alone} onChange={() => onChange(!alone)} />
      <span>{t("Alone")}</span>
    </label>
  );
}

/** The same for a terminal: as a command, and as a file. */
function Elsewhere({ draft, isCode, ...props }: ComposerProps & { readonly draft: Draft; readonly isCode: boolean }) {
  const asked = askedFrom(props, draft, isCode);
  const read = () => filesFor(props);
  return (
    <>
      <Command text={commandOf(asked)} />
      <ScriptButton name="ask" asked={asked} read={read} disabled={draft.text.trim() === ""} />
    </>
  );
}

function askedFrom(
  { name, seed, files }: ComposerProps,
  { chosen, text, language, alone }: Draft,
  isCode: boolean,
): AskedRun {
  return {
    flow: chosen[0] ?? "",
    input: isCode ? { code: text || "…", language, ...seed?.program, env: seed?.env ?? [] } : { text: text || "…" },
    files: [...(seed?.files ?? []), ...files.map((file) => file.name)],
    stdin: isCode ? seed?.stdin : undefined,
    ...(seed?.budget === undefined ? {} : { budget: seed.budget }),
    ...(alone || name === undefined ? {} : { session: name }),
  };
}

/** The files that would go with it: those chosen here, and those of the run that is asked again. */
async function filesFor({ seed, files }: ComposerProps): Promise<readonly ScriptFile[]> {
  const added = await bytesOf(files);
  const names = new Set(added.map(({ path }) => path));
  const earlier = seed?.files.filter((path) => !names.has(path)) ?? [];
  return [...(seed === undefined ? [] : await keptFiles(seed.run, earlier)), ...added];
}

function LanguageChoice({
  language,
  onChange,
}: {
  readonly language: string;
  readonly onChange: (language: string) => void;
}) {
  const known = ["python", "javascript", "typescript", "bash"];
  return (
    <label className="field row">
      <span>{t("Language")}</span>
      <select value={language} onChange={(event) => onChange(event.target.value)}>
        {(known.includes(language) ? known : [...known, language]).map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}

/** The files, and what it may use, that go with a run that is asked again. */
function SeedFiles({ seed }: { readonly seed: Seed }) {
  const allowed = budgetInWords(seed.budget);
  const { args = [] } = seed.program ?? {};
  const given = seed.files.length + seed.gone.length + args.length + seed.env.length;
  if (given === 0 && allowed === "" && seed.stdin === undefined) return null;
  return (
    <p className="muted">
      {allowed === "" ? null : t("It may use {budget}.", { budget: allowed })}{" "}
      {seed.files.length === 0 ? null : t("with {files}", { files: seed.files.join(", ") })}{" "}
      {args.length === 0 ? null : t("with the arguments {args}", { args: args.map(shellWord).join(" ") })}{" "}
      {seed.env.length === 0
        ? null
        : t("without the variables {names}: their values are kept nowhere", { names: seed.env.join(", ") })}{" "}
      {seed.stdin === undefined ? null : stdinInWords(seed.stdin)}{" "}
      {seed.gone.map((path) => t("{path} is gone", { path })).join(", ")}
    </p>
  );
}
