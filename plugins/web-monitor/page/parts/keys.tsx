import { useEffect, useMemo, useRef, useState } from "react";
import type { FlowEntry } from "../lib/flow-entry.ts";
import { firstLine } from "../lib/format.ts";
import { client, instances, paused } from "../lib/hub.ts";
import { language, t } from "../lib/i18n.ts";
import { go, hrefOf } from "../lib/router.ts";
import type { RunRecord } from "../lib/run-model.ts";
import { signOut } from "../lib/session.ts";
import { useStore } from "../lib/store.ts";
import { nextTheme } from "../lib/theme.ts";
import { useApi } from "../lib/use-api.ts";

import { Dialog } from "./dialog.tsx";
import { Icon, type IconName } from "./icon.tsx";
import { screens } from "./screens.ts";

/** The keys of the page, the list of them, and the palette. */
export function Keys() {
  const [open, setOpen] = useState<"palette" | "help" | undefined>();
  useEffect(() => {
    let leading = 0;
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setOpen("palette");
        return;
      }
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        isWriting(event.target) ||
        document.querySelector("dialog[open]")
      )
        return;
      if (performance.now() - leading < 1_500) {
        leading = 0;
        const screen = screens.find(({ key }) => key === event.key);
        if (screen !== undefined) return go(hrefOf(screen.name));
      }
      if (event.key === "g") leading = performance.now();
      else if (event.key === "?") setOpen("help");
      else if (event.key === "p") paused.update((halted) => !halted);
      else if (event.key === "t") nextTheme();
      else if (event.key === "/") {
        const field = document.querySelector<HTMLInputElement>("input[type=search]");
        if (field === null) return;
        event.preventDefault();
        field.focus();
        field.select();
      }
    };
    const onPalette = () => setOpen("palette");
    window.addEventListener("keydown", onKey);
    window.addEventListener("sluice-palette", onPalette);
    return () => {
      window.removeEventListener("keydown", onKey);
      window.removeEventListener("sluice-palette", onPalette);
    };
  }, []);
  if (open === "palette") return <Palette onClose={() => setOpen(undefined)} onHelp={() => setOpen("help")} />;
  if (open === "help") return <Help onClose={() => setOpen(undefined)} />;
  return null;
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable)
  );
}

function Help({ onClose }: { readonly onClose: () => void }) {
  const keys: readonly (readonly [string, string])[] = [
    ["Ctrl K", t("Search and commands")],
    ...screens.map(({ key, title }) => [`g ${key}`, t(title)] as const),
    ["/", t("Search on this screen")],
    ["f", t("Follow the logs")],
    ["p", t("Pause the page")],
    ["t", t("Change the theme")],
    ["Ctrl ⏎", t("Run what is written")],
    ["Ctrl ⇧ O", t("Chat: a new conversation")],
    ["⇧ Esc", t("Chat: to where the next question is written")],
    ["Ctrl ⇧ C", t("Chat: copy the newest answer")],
    ["Esc", t("Close what is open")],
  ];
  return (
    <Dialog title={t("Keys")} onClose={onClose}>
      <dl className="keys">
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              {key.split(" ").map((part) => (
                <kbd key={part}>{part}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

interface Choice {
  readonly icon: IconName;
  readonly text: string;
  readonly more: string;
  readonly act: () => void;
}

function Palette({ onClose, onHelp }: { readonly onClose: () => void; readonly onHelp: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const choices = useChoices(onHelp)
    .filter(({ text: name, more }) => matches(`${name} ${more}`, text))
    .slice(0, 40);
  const chosen = Math.min(at, choices.length - 1);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const pick = (choice: Choice | undefined) => {
    onClose();
    choice?.act();
  };
  return (
    <Dialog title={t("Search and commands")} kind="palette" onClose={onClose}>
      <input
        autoFocus
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={choices.length === 0 ? undefined : `palette-${chosen}`}
        aria-label={t("Search and commands")}
        placeholder={t("A screen, an instance, a run, a command…")}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setAt(Math.min(choices.length - 1, chosen + 1));
          else if (event.key === "ArrowUp") setAt(Math.max(0, chosen - 1));
          else if (event.key === "Enter") pick(choices[chosen]);
          else return;
          event.preventDefault();
        }}
      />
      <ChoiceList list={list} choices={choices} chosen={chosen} onPick={pick} onPoint={setAt} />
      {choices.length === 0 ? <p className="muted palette-none">{t("Nothing of that name")}</p> : null}
    </Dialog>
  );
}

function ChoiceList({
  list,
  choices,
  chosen,
  onPick,
  onPoint,
}: {
  readonly list: React.RefObject<HTMLUListElement | null>;
  readonly choices: readonly Choice[];
  readonly chosen: number;
  readonly onPick: (choice: Choice) => void;
  readonly onPoint: (index: number) => void;
}) {
  return (
    <ul id="palette-list" role="listbox" ref={list} aria-label={t("Search and commands")}>
      {choices.map((choice, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the field above
        <li
          key={`${choice.text} ${choice.more}`}
          role="option"
          id={`palette-${index}`}
          tabIndex={-1}
          aria-selected={index === chosen}
          onClick={() => onPick(choice)}
          onMouseMove={() => onPoint(index)}
        >
          <Icon name={choice.icon} />
          <span>{choice.text}</span>
          <small>{choice.more}</small>
        </li>
      ))}
    </ul>
  );
}

/** Every word must begin somewhere in it. */
function matches(name: string, text: string): boolean {
  const lower = name.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}

const noFlows: readonly FlowEntry[] = [];

function useChoices(onHelp: () => void): readonly Choice[] {
  const known = useStore(instances);
  const runs = useRecentRuns();
  const flows = useApi<{ flows: readonly FlowEntry[] }>("flows").value?.flows ?? noFlows;
  return useMemo(() => {
    const toScreen = screens.map(
      ({ name, icon, title, key }): Choice => ({ icon, text: t(title), more: `g ${key}`, act: () => go(hrefOf(name)) }),
    );
    const toInstance = known.flatMap(({ id, kind, plugin }): Choice[] => [
      { icon: "info", text: id, more: `${t(kind)} · ${plugin}`, act: () => go(hrefOf("overview", { instance: id })) },
      { icon: "logs", text: t("Logs of {id}", { id }), more: "", act: () => go(hrefOf("logs", { q: `source:${id}` })) },
    ]);
    const toFlow = flows.map(
      ({ name, takes }): Choice => ({
        icon: "flow",
        text: name,
        more: `${t("Ask")} · ${t(takes)}`,
        act: () => go(hrefOf("chat", { flow: name })),
      }),
    );
    const toRun = runs.map(
      ({ run, flow, input }): Choice => ({
        icon: "runs",
        text: run,
        more: `${flow} · ${firstLine(input, 60)}`,
        act: () => go(hrefOf(`runs/${run}`)),
      }),
    );
    const commands: Choice[] = [
      { icon: "pause", text: t("Pause the page"), more: "p", act: () => paused.update((halted) => !halted) },
      { icon: "auto", text: t("Change the theme"), more: "t", act: nextTheme },
      {
        icon: "language",
        text: language.get() === "en" ? "中文" : "English",
        more: "",
        act: () => language.update((each) => (each === "en" ? "zh" : "en")),
      },
      { icon: "keyboard", text: t("Keys"), more: "?", act: () => setTimeout(onHelp) },
      { icon: "sign", text: t("Sign out"), more: "", act: () => void signOut() },
      { icon: "upload", text: t("Open a bundle"), more: "", act: () => go(hrefOf("bundle")) },
    ];
    return [...toScreen, ...commands, ...toFlow, ...toInstance, ...toRun];
  }, [known, runs, flows, onHelp]);
}

function useRecentRuns(): readonly RunRecord[] {
  const [runs, setRuns] = useState<readonly RunRecord[]>([]);
  useEffect(() => {
    let over = false;
    client
      .get()
      ?.call<{ runs: RunRecord[] }>("runs.list", { limit: 15 })
      .then(
        (answer) => {
          if (!over) setRuns(answer.runs);
        },
        () => undefined,
      );
    return () => {
      over = true;
    };
  }, []);
  return runs;
}
