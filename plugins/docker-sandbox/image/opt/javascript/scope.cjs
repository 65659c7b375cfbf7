"use strict";
// Which names a program declares at its top, and where it assigns to one of them: a walk over acorn's tree.

const isNode = (value) => value !== null && typeof value === "object" && typeof value.type === "string";

function children(node) {
  const found = [];
  for (const key of Object.keys(node)) {
    const value = node[key];
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) found.push(...value.filter(isNode));
  }
  return found;
}

/** The identifiers that a pattern binds or assigns. */
function bound(pattern) {
  switch (pattern?.type) {
    case "Identifier":
      return [pattern];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) => bound(property.argument ?? property.value));
    case "ArrayPattern":
      return pattern.elements.flatMap(bound);
    case "AssignmentPattern":
      return bound(pattern.left);
    case "RestElement":
      return bound(pattern.argument);
    default:
      return [];
  }
}

const namesOf = (declaration) => declaration.declarations.flatMap(({ id }) => bound(id)).map(({ name }) => name);

const isFunction = ({ type }) => /Function/.test(type);

/** Declarations with `var` that belong to this function, or to the program; those inside blocks too. */
function varsOf(node, found = []) {
  for (const child of children(node)) {
    if (child.type === "VariableDeclaration" && child.kind === "var") found.push(child);
    if (!isFunction(child) && !/^Class|StaticBlock/.test(child.type)) varsOf(child, found);
  }
  return found;
}

/** Names that a block, function, loop or catch clause has of its own. */
function ownNames(node) {
  const names = [];
  const body = node.cases?.flatMap(({ consequent }) => consequent) ?? node.body?.body ?? node.body;
  for (const one of [...(Array.isArray(body) ? body : []), node.init, node.left].filter(Boolean)) {
    if (one.type === "VariableDeclaration" && one.kind !== "var") names.push(...namesOf(one));
    else if (/^(Function|Class)Declaration$/.test(one.type) && one.id) names.push(one.id.name);
  }
  if (node.type === "CatchClause") names.push(...bound(node.param).map(({ name }) => name));
  if (isFunction(node) || node.type === "StaticBlock") {
    if (node.id) names.push(node.id.name);
    names.push(...(node.params ?? []).flatMap(bound).map(({ name }) => name));
    names.push(...varsOf(node).flatMap(namesOf));
  }
  return names;
}

/** Calls `visit(identifier, shorthand)` for each assignment to one of the names that no inner scope hides. */
function assignments(node, names, visit) {
  const seen = node.type === "Program" ? names : names.filter((name) => !ownNames(node).includes(name));
  if (seen.length === 0) return;
  const targets = [];
  if (node.type === "AssignmentExpression") targets.push(...bound(node.left));
  if (node.type === "UpdateExpression") targets.push(...bound(node.argument));
  if (/^For(In|Of)Statement$/.test(node.type) && node.left.type !== "VariableDeclaration") {
    targets.push(...bound(node.left));
  }
  for (const target of targets) if (seen.includes(target.name)) visit(target);
  for (const child of children(node)) assignments(child, seen, visit);
}

module.exports = { assignments, bound, children, namesOf, varsOf };
