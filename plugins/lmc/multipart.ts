export interface Field {
  readonly name: string;
  readonly filename: string | undefined;
  readonly content: Buffer;
}

/** The fields of a `multipart/form-data` body, RFC 7578; undefined when it is none. */
export function fieldsOf(contentType: string | undefined, body: Buffer): readonly Field[] | undefined {
  const match = /^multipart\/form-data;.*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType ?? "");
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) return undefined;
  const fields: Field[] = [];
  const mark = Buffer.from(`\r\n--${boundary}`);
  // The first boundary may stand without a line break before it.
  const whole = Buffer.concat([Buffer.from("\r\n"), body]);
  let at = whole.indexOf(mark);
  while (at >= 0) {
    const next = whole.indexOf(mark, at + mark.length);
    if (next < 0) break;
    const field = fieldOf(whole.subarray(at + mark.length, next));
    if (field !== undefined) fields.push(field);
    at = next;
  }
  return fields;
}

function fieldOf(part: Buffer): Field | undefined {
  const end = part.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const lines = part.subarray(0, end).toString("utf8").split("\r\n");
  const parameters = parametersOf(lines.find((line) => /^content-disposition:/i.test(line)) ?? "");
  const name = parameters.get("name");
  if (name === undefined) return undefined;
  return { name, filename: parameters.get("filename"), content: part.subarray(end + 4) };
}

/** The parameters of one line, each taken where the one before it ends: what a client makes long is read once. */
function parametersOf(line: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  const parameter = /[;\s]+([\w*-]+)(?:="([^"]*)"|=([^;\s"]*))?/y;
  parameter.lastIndex = line.indexOf(":") + 1;
  for (let found = parameter.exec(line); found !== null; found = parameter.exec(line)) {
    const [, name = "", quoted, plain = ""] = found;
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), quoted ?? plain);
  }
  return parameters;
}
