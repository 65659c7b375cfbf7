// Libraries make style elements, some while they are loaded: so this is imported before them. With the number that the
// page gave, its policy lets the elements in.
const nonce = document.querySelector("style")?.nonce ?? "";
const create = document.createElement.bind(document);
document.createElement = ((name: string, options?: ElementCreationOptions) => {
  const element = create(name, options);
  if (name.toLowerCase() === "style") element.nonce = nonce;
  return element;
}) as typeof document.createElement;
