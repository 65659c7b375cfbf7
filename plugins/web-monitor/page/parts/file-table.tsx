import { useState } from "react";
import { download } from "../lib/bundles.ts";
import { bytes } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { FilePreview, mostShown } from "../rich/file-preview.tsx";
import { Button } from "./basics.tsx";
import { say } from "./dialog.tsx";

export interface ListedFile {
  readonly path: string;
  readonly size: number;
  readonly mime: string;
}

type Paths = Pick<ReadonlySet<string>, "has">;

/** Files of a workspace: each is saved by its name, and looked at where it is small. */
export function FileTable({
  files,
  hrefOf,
  there,
  look,
}: {
  readonly files: readonly ListedFile[];
  readonly hrefOf: (path: string) => string;
  /** Those that are still there; undefined while that is not known. */
  readonly there: Paths | undefined;
  /** Looks again which are there: a sandbox may have ended since. */
  readonly look: () => Promise<Paths>;
}) {
  const [open, setOpen] = useState<string>();
  const opened = async (path: string, take: () => void) => {
    if ((await look()).has(path)) take();
    else say(t("{path} is gone", { path }), "bad");
  };
  const show = (path: string) => (open === path ? setOpen(undefined) : void opened(path, () => setOpen(path)));
  return (
    <>
      <table className="table boxed">
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
          {files.map((file) => (
            <Row
              key={file.path}
              {...{ file, there }}
              href={hrefOf(file.path)}
              isOpen={open === file.path}
              onSave={() => void opened(file.path, () => download(hrefOf(file.path)))}
              onLook={() => show(file.path)}
            />
          ))}
        </tbody>
      </table>
      {open === undefined || there?.has(open) === false ? null : (
        <FilePreview key={open} href={hrefOf(open)} path={open} />
      )}
    </>
  );
}

function Row({
  file: { path, size, mime },
  there,
  href,
  isOpen,
  onSave,
  onLook,
}: {
  readonly file: ListedFile;
  readonly there: Paths | undefined;
  readonly href: string;
  readonly isOpen: boolean;
  readonly onSave: () => void;
  readonly onLook: () => void;
}) {
  const isThere = there?.has(path);
  const save = (event: React.MouseEvent) => {
    event.preventDefault();
    onSave();
  };
  return (
    <tr>
      <th scope="row" className="mono">
        {isThere ? (
          <a href={href} download onClick={save}>
            {path}
          </a>
        ) : (
          path
        )}
        {isThere === false ? <small className="muted"> {t("gone with its sandbox")}</small> : null}
      </th>
      <td>{mime}</td>
      <td className="right number">{bytes(size)}</td>
      <td className="right">
        {isThere && size <= mostShown ? (
          <Button icon="search" kind="plain" label={t("Look at {path}", { path })} pressed={isOpen} onClick={onLook} />
        ) : null}
      </td>
    </tr>
  );
}
