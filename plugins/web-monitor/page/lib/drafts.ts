import { useState } from "react";

/** What is written and not sent yet outlives a reload; each place to write has a draft of its own. */
export function useDraft<Draft extends object>(
  name: string,
  first: Draft,
): readonly [Draft, (changes: Partial<Draft>) => void] {
  const key = `sluice-draft ${name}`;
  const [draft, setDraft] = useState<Draft>(() => {
    try {
      return { ...first, ...(JSON.parse(sessionStorage.getItem(key) ?? "{}") as Partial<Draft>) };
    } catch {
      return first;
    }
  });
  const change = (changes: Partial<Draft>) =>
    setDraft((before) => {
      const next = { ...before, ...changes };
      try {
        sessionStorage.setItem(key, JSON.stringify(next));
      } catch {
        // It is too long to be kept: it stands in the field.
      }
      return next;
    });
  return [draft, change];
}

export function forgetDraft(name: string): void {
  try {
    sessionStorage.removeItem(`sluice-draft ${name}`);
  } catch {
    // Nothing is kept there.
  }
}
