import { useEffect, useRef, useState } from "react";
import { t } from "../lib/i18n.ts";
import { Icon } from "./icon.tsx";
import type { InstanceDetails, OptionSchema } from "./instance-drawer.tsx";

interface OptionFormProps {
  readonly instance: InstanceDetails;
  /** What the text says for an option now; undefined is the default. */
  readonly writtenOf: (option: string) => unknown;
  /** `file:line:column` of an option. */
  readonly originOf: (option: string) => string | undefined;
  readonly disabled: boolean;
  readonly onChange: (option: string, value: unknown) => void;
  readonly onOrigin: (origin: string) => void;
}

/** An instance's options as a form, made from the schema of its plugin. */
export function OptionForm({ instance, writtenOf, originOf, disabled, onChange, onOrigin }: OptionFormProps) {
  const options = Object.entries(instance.schema.properties ?? {});
  if (options.length === 0) return <p className="muted">{t("It has no options.")}</p>;
  return (
    <div className="option-form">
      {options.map(([name, schema]) => {
        const origin = originOf(name);
        return (
          <div key={name} className="option">
            <div className="option-head">
              <label htmlFor={`${instance.id}-${name}`}>{name}</label>
              {schema["x-reload"] === "live" ? (
                <em className="chip tone-ok">{t("live")}</em>
              ) : (
                <em className="chip">
                  {instance.restartable ? t("restarts {id}", { id: instance.id }) : t("with the host")}
                </em>
              )}
              <span className="grow" />
              {origin === undefined ? (
                <small className="muted">{t("default")}</small>
              ) : (
                <button type="button" className="text-button" title={origin} onClick={() => onOrigin(origin)}>
                  <Icon name="link" size={12} /> {shortOrigin(origin)}
                </button>
              )}
            </div>
            <OptionField
              id={`${instance.id}-${name}`}
              schema={schema}
              value={writtenOf(name)}
              disabled={disabled}
              onChange={(value) => onChange(name, value)}
            />
            <p className="option-help">{withCode(schema.description ?? "")}</p>
          </div>
        );
      })}
    </div>
  );
}

/** A text with what stands between backticks as code. */
function withCode(text: string): React.ReactNode {
  return text.split("`").map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part));
}

function shortOrigin(origin: string): string {
  const [line] = origin.split(":").slice(-2);
  const file = origin.split(":").slice(0, -2).join(":").split("/").at(-1);
  return `${file}:${line}`;
}

interface FieldProps {
  readonly id: string;
  readonly schema: OptionSchema;
  readonly value: unknown;
  readonly disabled: boolean;
  readonly onChange: (value: unknown) => void;
}

function OptionField({ id, schema, value, disabled, onChange }: FieldProps) {
  const help = { id, disabled, "aria-description": schema.description };
  if (schema["x-secret"] === true) {
    return (
      <input
        {...help}
        type="text"
        value={value === undefined ? "" : typeof value === "string" && value.startsWith("${") ? value : "***"}
        readOnly
        title={t("Secrets are changed in the text, best as ${env:NAME}.")}
      />
    );
  }
  if (schema.enum !== undefined) {
    return (
      <select
        {...help}
        value={value === undefined ? "" : String(value)}
        onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value)}
      >
        <option value="">{t("default: {value}", { value: String(schema.default ?? "–") })}</option>
        {schema.enum.map((each) => (
          <option key={String(each)}>{String(each)}</option>
        ))}
      </select>
    );
  }
  if (schema.type === "boolean") {
    return (
      <select
        {...help}
        value={value === undefined ? "" : String(value)}
        onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value === "true")}
      >
        <option value="">{t("default: {value}", { value: String(schema.default ?? false) })}</option>
        <option value="true">{t("yes")}</option>
        <option value="false">{t("no")}</option>
      </select>
    );
  }
  const simple = schema.type === undefined && (value === undefined || typeof value === "string");
  if (simple || schema.type === "string" || schema.type === "number" || schema.type === "integer") {
    return <TextField {...{ id, schema, value, disabled, onChange }} />;
  }
  return <code className="option-json">{value === undefined ? t("default") : JSON.stringify(value)}</code>;
}

/** Each change is an edit of the text. What the text makes of it is shown once the field is left. */
function TextField({ id, schema, value, disabled, onChange }: FieldProps) {
  const numeric = schema.type === "number" || schema.type === "integer";
  const written = value === undefined ? "" : String(value);
  const [draft, setDraft] = useState(written);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (document.activeElement !== field.current) setDraft(written);
  }, [written]);
  const tell = (text: string) => {
    setDraft(text);
    const number = Number(text);
    onChange(text === "" ? undefined : numeric && !Number.isNaN(number) ? number : text);
  };
  return (
    <input
      ref={field}
      id={id}
      type="text"
      inputMode={numeric ? "decimal" : "text"}
      aria-description={schema.description}
      disabled={disabled}
      value={draft}
      placeholder={schema.default === undefined ? "" : String(schema.default)}
      onChange={(event) => tell(event.target.value)}
    />
  );
}
