type Values = Readonly<Record<string, string | number>>;

/** A place of a text: `{name}`, or `{name|one|other}` with the words for a number, in which `#` is the number. */
const places = /\{(\w+)(?:\|([^{}|]*)\|([^{}|]*))?\}/g;

/** The names that stand for a number of things in a text. */
function countedIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(places)].flatMap(([, name = "", one]) => (one === undefined ? [] : [name])));
}

/**
 * A text with its values. A number of things is written with its thousands apart, and chooses the words beside it.
 * `key` is the English text, which tells what is counted; `text` is the same in the language of `locale`.
 */
export function worded(key: string, text: string, values: Values, locale: string): string {
  const counted = countedIn(key);
  const written = (name: string, whole: string): string => {
    const value = values[name] ?? whole;
    return counted.has(name) && typeof value === "number" ? value.toLocaleString(locale) : String(value);
  };
  return text.replace(places, (whole, name: string, one?: string, other?: string) => {
    if (one === undefined || other === undefined) return written(name, whole);
    const isOne = new Intl.PluralRules(locale).select(Number(values[name])) === "one";
    return (isOne ? one : other).replaceAll("#", written(name, whole));
  });
}
