import { useState } from "react";
import { bytes } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { FilePreview, mostShown } from "../rich/file-preview.tsx";
import { Button } from "./basics.tsx";

export interface ListedFile {
  readonly path: string;
  readonly size: number;
  readonly mime: string;
}

/** Files of a workspace: each is saved by its name, and looked at where it is small. */
export function FileTable({
  files,
  hrefOf,
  there,
}: {
  readonly files: readonly ListedFile[];
  readonly hrefOf: (path: string) => string;
  /** Those that are still there; undefined while that is not known. */
  readonly there: Pick<ReadonlySet<string>, "has"> | undefined;
}) {
  const [open, setOpen] = useState<string>();
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("File")}</th>
            <th scope="col">{t("Kind")}</th>
            <th scope="col" className="right">
              {t("Size")}
            </th>
            <th scope="col">
              <span className="hidden">{t("Actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {files.map(({ path, size, mime }) => (
            <tr key={path}>
              <th scope="row" className="mono">
                {there?.has(path) ? (
                  <a href={hrefOf(path)} download>
                    {path}
                  </a>
                ) : (
                  path
                )}
                {there === undefined || there.has(path) ? null : (
                  <small className="muted"> {t("gone with its sandbox")}</small>
                )}
              </th>
              <td>{mime}</td>
              <td className="right number">{bytes(size)}</td>
              <td className="right">
                {there?.has(path) && size <= mostShown ? <LookButton path={path} open={open} onOpen={setOpen} /> : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {open === undefined ? null : <FilePreview key={open} href={hrefOf(open)} path={open} />}
    </>
  );
}

function LookButton({
  path,
  open,
  onOpen,
}: {
  readonly path: string;
  readonly open: string | undefined;
  readonly onOpen: (path: string | undefined) => void;
}) {
  return (
    <Button
      icon="search"
      kind="plain"
      label={t("Look at {path}", { path })}
      pressed={open === path}
      onClick={() => onOpen(open === path ? undefined : path)}
    />
  );
}
