/** What may be reached outside: one grammar of allow-lists, checked at the moment of connecting. */

export { canonical, isPublic } from "./addresses.ts";
export { connectTo, ReachRefusal } from "./connect.ts";
export { type RequestParts, requestOf } from "./request.ts";
export { type Resolve, systemResolver } from "./resolver.ts";
export { nameOf, ReachRules } from "./rules.ts";
