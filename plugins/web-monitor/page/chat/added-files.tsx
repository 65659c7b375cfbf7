import { bytes } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { Button } from "../parts/basics.tsx";
import { Icon } from "../parts/icon.tsx";

/** Files that go with a question: chosen here, dropped on the conversation, or pasted. */
export function AddedFiles({
  files,
  onChange,
}: {
  readonly files: readonly File[];
  readonly onChange: (files: readonly File[]) => void;
}) {
  return (
    <div className="added-files">
      <label className="button file-choice" title={t("They may be dropped on the page, too")}>
        <Icon name="upload" />
        <span>{t("Files")}</span>
        <input
          type="file"
          multiple
          onChange={(event) => {
            onChange(together(files, event.target.files ?? []));
            event.target.value = "";
          }}
        />
      </label>
      {files.map((file) => (
        <span key={file.name} className="file-chip">
          <span dir="auto">{file.name}</span> <span className="muted number">{bytes(file.size)}</span>
          <Button
            icon="close"
            kind="plain"
            label={t("Leave out {name}", { name: file.name })}
            onClick={() => onChange(files.filter((each) => each !== file))}
          />
        </span>
      ))}
    </div>
  );
}

/** A file takes the place of another one of its name, as it would in the workspace. */
export function together(before: readonly File[], added: Iterable<File>): readonly File[] {
  const files = new Map(before.map((file) => [file.name, file]));
  for (const file of added) files.set(file.name, file);
  return [...files.values()];
}

/** @throws Error that names the file that cannot be read, such as a folder */
export function bytesOf(files: readonly File[]): Promise<{ path: string; content: Uint8Array }[]> {
  return Promise.all(
    files.map(async (file) => {
      const content = await file.arrayBuffer().catch(() => {
        throw new Error(t("{file} cannot be read", { file: file.name }));
      });
      return { path: file.name, content: new Uint8Array(content) };
    }),
  );
}
