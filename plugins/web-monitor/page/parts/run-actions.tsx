import { useState } from "react";
import { keptFiles } from "../lib/asked.ts";
import { pageWith, save } from "../lib/bundles.ts";
import { cancelRun } from "../lib/cancel-run.ts";
import { markdownOf, notebookOf } from "../lib/export-run.ts";
import { exact } from "../lib/format.ts";
import { client } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { basePath, go, hrefOf } from "../lib/router.ts";
import { type AskedRun, commandOf, namedSession, shellWord } from "../lib/run-commands.ts";
import { type RunModel, readBundle } from "../lib/run-model.ts";
import { givenStdin } from "../lib/run-stdin.ts";
import { may, refusalOf, request } from "../lib/session.ts";
import { Button, Command } from "./basics.tsx";
import { say } from "./dialog.tsx";
import { ScriptButton } from "./script-button.tsx";
import { linkWasGiven, ShareLinks } from "./share-links.tsx";

/** What other programs read. */
const formats = [
  { name: "Notebook", ending: "ipynb", mime: "application/x-ipynb+json", write: notebookOf },
  { name: "Markdown", ending: "md", mime: "text/markdown", write: markdownOf },
] as const;

export function RunActions({ run, model }: { readonly run: string; readonly model: RunModel }) {
  const over = model.end !== undefined;
  const asked = askedBy(run, model);
  return (
    <div className="actions">
      {over ? null : <LiveActions run={run} />}
      <Button
        icon="restart"
        disabled={!may("run") || model.start === undefined}
        hint={t("Opens it under Chat, where it can be changed first.")}
        onClick={() => go(hrefOf("chat", { from: run }))}
      >
        {t("Run again")}
      </Button>
      <Exports run={run} over={over} />
      <Button
        icon="link"
        disabled={!over}
        hint={over ? t("Whoever has it may read this run, and nothing else.") : t("When it has ended.")}
        onClick={() => void copyLink(run)}
      >
        {t("Read-only link")}
      </Button>
      <ShareLinks run={run} />
      <Command text={`sluice attach ${shellWord(run)}`} />
      {asked === undefined ? null : (
        <>
          <Command text={commandOf(asked)} />
          <ScriptButton name={run} asked={asked} read={() => keptFiles(run, asked.files ?? [])} />
        </>
      )}
    </div>
  );
}

/** The ways in which a run leaves the page as a file. */
function Exports({ run, over }: { readonly run: string; readonly over: boolean }) {
  const [busy, setBusy] = useState(false);
  const exported = async (write: (text: string) => Promise<void>) => {
    setBusy(true);
    try {
      const response = await fetch(`${basePath}/api/runs/${encodeURIComponent(run)}/bundle`);
      if (!response.ok) throw new Error(t("the host answered {status}", { status: response.status }));
      await write(await response.text());
    } catch (error) {
      say(refusalOf(error).message, "bad");
    }
    setBusy(false);
  };
  return (
    <>
      <Button
        icon="download"
        disabled={!over || busy}
        hint={over ? t("One file that this page opens, with or without a host.") : t("When it has ended.")}
        onClick={() => void exported(async (text) => save(`${run}.sluice-run.json`, text, "application/json"))}
      >
        {t("Export")}
      </Button>
      <Button
        icon="download"
        disabled={!over || busy}
        hint={over ? t("A page of its own, which opens in any browser.") : t("When it has ended.")}
        onClick={() => void exported(async (text) => save(`${run}.html`, await pageWith(text), "text/html"))}
      >
        {t("Export as a page")}
      </Button>
      {formats.map(({ name, ending, mime, write }) => (
        <Button
          key={name}
          icon="download"
          disabled={!over || busy}
          hint={over ? t("What was said, what ran, and its output.") : t("When it has ended.")}
          onClick={() => void exported(async (text) => save(`${run}.${ending}`, write(readBundle(text)), mime))}
        >
          {t(name)}
        </Button>
      ))}
    </>
  );
}

function LiveActions({ run }: { readonly run: string }) {
  return (
    <>
      <Button
        icon="pause"
        disabled={!may("run")}
        hint={t("Stops the program that runs now, and keeps its state.")}
        onClick={() => void interrupt(run)}
      >
        {t("Interrupt")}
      </Button>
      <Button icon="stop" kind="danger" disabled={!may("run")} onClick={() => cancelRun(run)}>
        {t("Cancel")}
      </Button>
    </>
  );
}

async function copyLink(run: string): Promise<void> {
  try {
    const { link, expires } = await request<{ link: string; expires: string }>(
      "POST",
      `runs/${encodeURIComponent(run)}/link`,
    );
    linkWasGiven();
    await navigator.clipboard.writeText(link);
    say(t("Copied. It is good until {time}.", { time: exact(expires) }));
  } catch (error) {
    say(refusalOf(error).message, "bad");
  }
}

async function interrupt(run: string): Promise<void> {
  try {
    const done = await client.get()?.interrupt(run);
    say(done ? t("interrupted") : t("nothing ran that could be interrupted"));
  } catch (error) {
    say(refusalOf(error).message, "bad");
  }
}

/** The whole of it, to ask the same from a command line. */
function askedBy(run: string, { start, end }: RunModel): AskedRun | undefined {
  if (start === undefined) return undefined;
  const { flow, input, session, budget = {} } = start.data;
  const named = namedSession(session);
  const stdin = givenStdin(run, start.data, { told: end?.data.stdin, isOver: end !== undefined });
  return { flow, input, budget, stdin, files: input.files ?? [], ...(named === undefined ? {} : { session: named }) };
}
