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
  const head = part.subarray(0, end).toString("utf8");
  const name = /content-disposition:[^\r\n]*[;\s]name="([^"]*)"/i.exec(head)?.[1];
  if (name === undefined) return undefined;
  const filename = /content-disposition:[^\r\n]*[;\s]filename="([^"]*)"/i.exec(head)?.[1];
  return { name, filename, content: part.subarray(end + 4) };
}
