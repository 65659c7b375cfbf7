import { persistent } from "./store.ts";

export type Theme = "auto" | "light" | "dark";

export const theme = persistent<Theme>("sluice-theme", "auto");

function apply(): void {
  const chosen = theme.get();
  if (chosen === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
}

theme.subscribe(apply);
apply();

export function nextTheme(): void {
  theme.update((chosen) => (chosen === "auto" ? "light" : chosen === "light" ? "dark" : "auto"));
}
