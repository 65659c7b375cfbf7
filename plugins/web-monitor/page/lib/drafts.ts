import { useRef, useState } from "react";

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
  const latest = useRef(draft);
  const change = (changes: Partial<Draft>) => {
    latest.current = { ...latest.current, ...changes };
    // What was sent may have led to another screen: it is kept all the same, whether this one is still drawn or not.
    keep(key, latest.current);
    setDraft(latest.current);
  };
  return [draft, change];
}

function keep(key: string, draft: object): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // It is too long to be kept: it stands in the field. An older one must not come back in its place.
    sessionStorage.removeItem(key);
  }
}

export function forgetDraft(name: string): void {
  try {
    sessionStorage.removeItem(`sluice-draft ${name}`);
  } catch {
    // Nothing is kept there.
  }
}
