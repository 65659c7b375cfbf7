/** What is pasted has a name that nobody chose, such as `image.png`: it takes the place of no other file. */
export function besideOthers(before: readonly File[], pasted: Iterable<File>): readonly File[] {
  const files = [...before];
  for (const file of pasted) {
    const name = freeName(file.name, new Set(files.map((each) => each.name)));
    const { type, lastModified } = file;
    files.push(name === file.name ? file : new File([file], name, { type, lastModified }));
  }
  return files;
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  let free = name;
  for (let count = 2; taken.has(free); count += 1) free = `${stem}-${count}${ending}`;
  return free;
}
