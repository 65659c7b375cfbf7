import type { Problem } from "../../contract/problem.ts";

/** `{ "problems": [...] }`, each with the same keys in the same order, and what else is told beside them. */
export function renderJson(problems: readonly Problem[], more: Readonly<Record<string, unknown>> = {}): string {
  const rows = problems.map(
    ({ severity, code, message, file, line, column, endLine, endColumn, suggestion, cure }): Problem => ({
      severity,
      code,
      message,
      file,
      line,
      column,
      endLine,
      endColumn,
      suggestion,
      cure,
    }),
  );
  return `${JSON.stringify({ problems: rows, ...more }, null, 2)}\n`;
}

/** Workflow commands of GitHub Actions: annotations at the lines of a pull request. */
export function renderGithub(problems: readonly Problem[]): string {
  return problems
    .map(({ severity, code, message, file, line, column, endLine, endColumn, suggestion, cure }) => {
      const place = line === undefined ? {} : { line, col: column, endLine, endColumn };
      const properties = Object.entries({ file, ...place, title: code })
        .map(([key, value]) => `${key}=${property(String(value))}`)
        .join(",");
      const meant = suggestion === undefined ? "" : ` - did you mean \`${suggestion}\`?`;
      return `::${severity} ${properties}::${data(`${message}${meant}\n${cure}`)}\n`;
    })
    .join("");
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
