/**
 * Whether a text is as a glob says: `*` stands for any number of characters, and `?` for one. All else is
 * itself. Globs come from clients: the work is bounded by the product of both lengths, which a regular
 * expression with many stars is not.
 */
export function matchesGlob(glob: string, text: string): boolean {
  let [at, place] = [0, 0];
  // Where to go on when what follows the latest star does not fit here.
  let [afterStar, from] = [-1, 0];
  while (place < text.length) {
    if (glob[at] === "*") {
      at += 1;
      [afterStar, from] = [at, place];
    } else if (at < glob.length && (glob[at] === "?" || glob[at] === text[place])) {
      at += 1;
      place += 1;
    } else if (afterStar >= 0) {
      from += 1;
      [at, place] = [afterStar, from];
    } else return false;
  }
  while (glob[at] === "*") at += 1;
  return at === glob.length;
}
