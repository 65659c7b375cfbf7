import { useEffect, useState } from "react";

/** Files that were chosen and not sent yet, by the place in which they were: another screen may be looked at meanwhile. */
const chosen = new Map<string, readonly File[]>();

/** They cannot outlive a reload, so that the browser asks before one. */
export function useChosenFiles(place: string) {
  const [files, setFiles] = useState<readonly File[]>(() => chosen.get(place) ?? []);
  const change = (next: readonly File[] | ((before: readonly File[]) => readonly File[])) => {
    const now = typeof next === "function" ? next(chosen.get(place) ?? []) : next;
    if (now.length === 0) chosen.delete(place);
    else chosen.set(place, now);
    setFiles(now);
  };
  const isAny = files.length > 0;
  useEffect(() => {
    if (!isAny) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isAny]);
  return [files, change] as const;
}
