import { useEffect } from "react";
import { go, hrefOf } from "../lib/router.ts";

/** The keys of a conversation, as those have them who come from Open WebUI; they work in the field too. */
export function useChatKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (document.querySelector("dialog[open]") !== null) return;
      const act = actionOf(event);
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

function actionOf({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent): (() => void) | undefined {
  if (!shiftKey || altKey) return undefined;
  const isPlain = !ctrlKey && !metaKey;
  if (key === "Escape") return isPlain ? toField : undefined;
  if (isPlain) return undefined;
  if (key.toLowerCase() === "o") return () => go(hrefOf("chat"));
  return key.toLowerCase() === "c" ? copyNewest : undefined;
}

function toField(): void {
  document.querySelector<HTMLTextAreaElement>(".composer textarea")?.focus();
}

/** The newest answer; of several side by side the one from which the conversation goes on. */
function copyNewest(): void {
  const turn = [...document.querySelectorAll(".chat-turn")].at(-1);
  const answer = turn?.querySelector(".answer-card.chosen") ?? turn;
  answer?.querySelector<HTMLButtonElement>("[data-key=copy] button")?.click();
}
