import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use,
copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const isc = `Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.`;

/** Licences that some packages name without bringing their text along. */
const standard: Readonly<Record<string, () => string>> = {
  MIT: () => mit,
  ISC: () => isc,
  "Apache-2.0": () => readFileSync(new URL("../LICENSE", import.meta.url), "utf8").trim(),
};

interface Licence {
  readonly name: string;
  readonly license: string;
  readonly licenseText: string;
}

/** The text that a package brings along; else that of the licence it names, with who wrote the package. */
export function textOf({ name, license, licenseText }: Licence): string {
  if (licenseText.trim() !== "") return licenseText.trim();
  const text = standard[license]?.();
  if (text === undefined)
    throw new Error(`${name} has no text of its licence, ${license}: add it to bin/licence-text.ts`);
  const holder = `Copyright (c) ${authorOf(name)}`;
  return `The package brings no text of its licence along. This is the text of ${license}.\n\n${holder}\n\n${text}`;
}

function authorOf(name: string): string {
  const { author, repository } = createRequire(import.meta.url)(`../node_modules/${name}/package.json`);
  return author?.name ?? author ?? `the authors of ${repository?.url ?? name}`;
}
