import { useMemo, useState } from "react";
import { save } from "../lib/bundles.ts";
import { count } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { Button } from "../parts/basics.tsx";
import { csvOf, type Frame, numericColumns, rowsThere, sorted, withoutLeftOut } from "./data-frame.ts";

/** A table of data: sorted by the column that is pressed, and saved as CSV. */
export function DataTable({ frame }: { readonly frame: Frame }) {
  const [order, setOrder] = useState<{ column: number; down: boolean }>();
  // What was left out has no place in another order.
  const rows = order === undefined ? frame.rows : sorted(rowsThere(frame), order.column, order.down);
  const there = useMemo(() => withoutLeftOut(frame), [frame]);
  const isNumeric = useMemo(() => numericColumns({ ...frame, rows: rowsThere(frame) }), [frame]);
  const press = (column: number) =>
    setOrder((before) =>
      before?.column !== column ? { column, down: false } : before.down ? undefined : { column, down: true },
    );
  return (
    <figure className="data-table">
      <section className="table-box" tabIndex={0} aria-label={t("Table of {n|# row|# rows}", { n: frame.rows.length })}>
        <table className="plain-table" dir={isRightToLeft(frame.columns) ? "rtl" : undefined}>
          <thead>
            <tr>
              {frame.columns.map((name, column) => (
                <th
                  key={column}
                  scope="col"
                  className={isNumeric[column] ? "number" : ""}
                  aria-sort={sortOf(order, column)}
                >
                  <button type="button" onClick={() => press(column)}>
                    <span dir="auto">{name || "#"}</span>
                    <i aria-hidden="true">{order?.column === column ? (order.down ? "▼" : "▲") : "↕"}</i>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells, row) => (
              <tr key={row}>
                {cells.map((cell, column) => (
                  <td key={column} dir="auto" className={isNumeric[column] ? "number" : ""}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <figcaption>
        <Caption frame={frame} shown={there.rows.length} />
        <Button icon="download" kind="plain" onClick={() => save("table.csv", csvOf(there), "text/csv")}>
          {t("Save as CSV")}
        </Button>
      </figcaption>
    </figure>
  );
}

/** How many rows there are, and that not all of them were shown. */
function Caption({ frame: { caption, rows, all }, shown }: { readonly frame: Frame; readonly shown: number }) {
  return (
    <>
      <span className="muted">{caption || t("{n|# row|# rows}", { n: all ?? rows.length })}</span>
      {all === undefined || shown >= all ? null : (
        <span className="muted">
          {t("The program showed {n} of them. Others are left out here, and in the CSV.", { n: count(shown) })}
        </span>
      )}
    </>
  );
}

function sortOf(order: { column: number; down: boolean } | undefined, column: number) {
  if (order?.column !== column) return "none";
  return order.down ? "descending" : "ascending";
}

/** Whether most names of columns are of a script that is read from the right: then the first column stands there. */
function isRightToLeft(columns: readonly string[]): boolean {
  const named = columns.filter((name) => /\p{Letter}/u.test(name));
  const fromRight = named.filter((name) =>
    /^\P{Letter}*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(name),
  );
  return fromRight.length * 2 > named.length;
}
