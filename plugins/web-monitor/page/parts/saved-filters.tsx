import { t } from "../lib/i18n.ts";
import { hrefOf } from "../lib/router.ts";
import { persistent, useStore } from "../lib/store.ts";
import { Button, Link } from "./basics.tsx";

/** Searches kept for one screen. */
const most = 20;

const saved = persistent<string>("sluice-filters", "{}");

type Filters = Readonly<Record<string, readonly string[]>>;

/** What is kept; nothing where somebody else wrote there. */
function filtersIn(text: string): Filters {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).flatMap(([screen, list]) =>
        Array.isArray(list) ? [[screen, list.filter((each) => typeof each === "string")]] : [],
      ),
    );
  } catch {
    return {};
  }
}

/** Searches of a screen that a person keeps in this browser: each is a link. `query` is the search as it is now. */
export function SavedFilters({ screen, query }: { readonly screen: string; readonly query: URLSearchParams }) {
  const filters = filtersIn(useStore(saved));
  const list = filters[screen] ?? [];
  const now = searchOf(query);
  const keep = (next: readonly string[]) => saved.set(JSON.stringify({ ...filters, [screen]: next.slice(-most) }));
  if (list.length === 0 && now === "") return null;
  return (
    <div className="chips saved-filters" role="group" aria-label={t("Searches that are kept")}>
      {list.map((each) => (
        <span key={each} className="saved-filter">
          <Link href={hrefOf(screen, Object.fromEntries(new URLSearchParams(each)))} current={each === now}>
            {nameOf(each)}
          </Link>
          <Button
            icon="close"
            kind="plain"
            label={t("Keep {search} no longer", { search: nameOf(each) })}
            onClick={() => keep(list.filter((other) => other !== each))}
          />
        </span>
      ))}
      {now === "" || list.includes(now) ? null : (
        <Button onClick={() => keep([...list, now])}>{t("Keep this search")}</Button>
      )}
    </div>
  );
}

/** The part of an address that is a search. */
function searchOf(query: URLSearchParams): string {
  const wanted = ["q", "status"].flatMap((name) => {
    const value = query.get(name);
    return value === null || value === "" ? [] : [[name, value]];
  });
  return new URLSearchParams(wanted).toString();
}

function nameOf(search: string): string {
  const query = new URLSearchParams(search);
  const status = query.get("status");
  return [query.get("q"), status === null ? null : t(status)].filter((part) => part !== null).join(" · ");
}
