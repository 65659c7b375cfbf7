/** What everything from outside passes: one parser for what comes in, one way of writing for what goes to a terminal. */

export * from "./contained.ts";
export { checkFilePath } from "./file-path.ts";
export { topText } from "./json-shape.ts";
export * from "./parse-json.ts";
export { pictureType } from "./picture-type.ts";
export * from "./validator.ts";
