"use strict";
// The inspector's code can neither `import x from "y"` nor `import()`; both become calls. A scan that knows strings,
// templates, comments and regular expressions, and no more of the language.
const FROM =
  /import\s*(?:([\w$]+)\s*(?:,\s*)?)?(?:\*\s*as\s+([\w$]+)\s*|\{([^}]*)\}\s*)?from\s*(["'])(.*?)\4(?:\s*(?:with|assert)\s*\{[^}]*\})?/y;
const BARE = /import\s*(["'])(.*?)\1/y;
const BEFORE_EXPRESSION = /(?:^|[=(,:[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|in|of|void|delete|await|yield))\s*$/;

function statement(source, at) {
  FROM.lastIndex = at;
  const from = FROM.exec(source);
  if (from) {
    const [text, fallback, all, names, , specifier] = from;
    const target = `await __sluiceImport(${JSON.stringify(specifier)})`;
    const lines = "\n".repeat(text.split("\n").length - 1);
    const parts = names === undefined ? [] : [names.replace(/\s+as\s+/g, ": ")];
    if (fallback) parts.unshift(`default: ${fallback}`);
    const whole = all ? `var ${all} = ${target}` : "";
    const picked = parts.length > 0 ? `var { ${parts.join(", ").replace(/\n/g, " ")} } = ${all ?? target}` : "";
    return { text: [whole, picked].filter(Boolean).join("; ") + lines, end: at + text.length };
  }
  BARE.lastIndex = at;
  const bare = BARE.exec(source);
  if (bare) return { text: `await __sluiceImport(${JSON.stringify(bare[2])})`, end: at + bare[0].length };
  return undefined;
}

function endOfString(source, at) {
  const quote = source[at];
  let end = at + 1;
  while (end < source.length && source[end] !== quote && source[end] !== "\n") end += source[end] === "\\" ? 2 : 1;
  return end + 1;
}

function endOfRegex(source, at) {
  let inClass = false;
  let end = at + 1;
  for (; end < source.length && source[end] !== "\n"; end += 1) {
    if (source[end] === "\\") end += 1;
    else if (source[end] === "[") inClass = true;
    else if (source[end] === "]") inClass = false;
    else if (source[end] === "/" && !inClass) return end + 1;
  }
  return at + 1;
}

function rewriteImports(source) {
  if (!/\bimport\b/.test(source)) return source;
  let output = "";
  let at = 0;
  /** For each open template, the depth of braces inside its expression. */
  const templates = [];
  const take = (end) => {
    output += source.slice(at, end);
    at = end;
  };
  const template = () => {
    let end = at;
    while (end < source.length && source[end] !== "`") {
      if (source[end] === "$" && source[end + 1] === "{") {
        templates.push(0);
        return take(end + 2);
      }
      end += source[end] === "\\" ? 2 : 1;
    }
    return take(end + 1);
  };
  while (at < source.length) {
    const char = source[at];
    if (char === '"' || char === "'") take(endOfString(source, at));
    else if (char === "`") {
      take(at + 1);
      template();
    } else if (source.startsWith("//", at))
      take(source.indexOf("\n", at) < 0 ? source.length : source.indexOf("\n", at));
    else if (source.startsWith("/*", at)) {
      const end = source.indexOf("*/", at + 2);
      take(end < 0 ? source.length : end + 2);
    } else if (char === "/" && BEFORE_EXPRESSION.test(output.slice(-40))) take(endOfRegex(source, at));
    else if (char === "{" && templates.length > 0) {
      templates[templates.length - 1] += 1;
      take(at + 1);
    } else if (char === "}" && templates.length > 0) {
      take(at + 1);
      if (templates[templates.length - 1] === 0) {
        templates.pop();
        template();
      } else templates[templates.length - 1] -= 1;
    } else if (/[\w$]/.test(char)) {
      const word = /[\w$]+/y;
      word.lastIndex = at;
      const [name] = word.exec(source);
      const rest = source.slice(at + name.length, at + name.length + 200);
      const member = /\.\s*$/.test(output.slice(-10)) && !output.endsWith("...");
      if (name !== "import" || member) take(at + name.length);
      else if (/^\s*\(/.test(rest)) {
        output += "__sluiceImport";
        at += name.length;
      } else if (/^\s*\.\s*meta\b/.test(rest)) {
        output += "__sluiceMeta";
        at = source.indexOf("meta", at) + 4;
      } else {
        const replaced = statement(source, at);
        if (replaced === undefined) take(at + name.length);
        else {
          output += replaced.text;
          at = replaced.end;
        }
      }
    } else take(at + 1);
  }
  return output;
}

module.exports = { rewriteImports };
