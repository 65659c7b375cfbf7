import { persistent, useStore } from "./store.ts";
import { worded } from "./worded.ts";
import { chinese } from "./zh.ts";

export type Language = "en" | "zh";

const preferred: Language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";

export const language = persistent<Language>("sluice-language", preferred);

language.subscribe(() => {
  document.documentElement.lang = language.get() === "zh" ? "zh-CN" : "en";
});
document.documentElement.lang = language.get() === "zh" ? "zh-CN" : "en";

/** A text in the language of the page. English is the key, and `worded` says what stands for a value. */
export function t(text: string, values?: Readonly<Record<string, string | number>>): string {
  const found = language.get() === "zh" ? (chinese[text] ?? text) : text;
  return values === undefined ? found : worded(text, found, values, language.get() === "zh" ? "zh-CN" : "en-US");
}

/** Draws the component again when the language changes. */
export function useLanguage(): Language {
  return useStore(language);
}
