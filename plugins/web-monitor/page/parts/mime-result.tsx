import { cutText } from "../../../../core/client/index.ts";
import { t } from "../lib/i18n.ts";
import { JsonView } from "./json-view.tsx";

const pictures = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** A value that a program showed: a picture where there is one, else as text. HTML is shown as what it is: text. */
export function MimeResult({ data }: { readonly data: Readonly<Record<string, unknown>> }) {
  const plain = typeof data["text/plain"] === "string" ? data["text/plain"] : undefined;
  for (const mime of pictures) {
    const value = data[mime];
    if (typeof value === "string")
      return (
        <img
          className="picture"
          alt={plain ?? t("A picture the program made")}
          src={`data:${mime};base64,${value.replace(/\s/g, "")}`}
        />
      );
  }
  const drawing = data["image/svg+xml"];
  if (typeof drawing === "string") {
    // As a picture an SVG runs no script.
    return (
      <img
        className="picture"
        alt={plain ?? t("A picture the program made")}
        src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawing)}`}
      />
    );
  }
  if (data["application/json"] !== undefined) return <JsonView value={data["application/json"]} />;
  const text = plain ?? (typeof data["text/html"] === "string" ? data["text/html"] : undefined);
  return text === undefined ? <JsonView value={data} /> : <pre className="block wrapped">{cutText(text, 200_000)}</pre>;
}
