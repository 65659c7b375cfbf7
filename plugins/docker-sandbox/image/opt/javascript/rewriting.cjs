"use strict";
// What is to be changed in one cell: its imports and exports, its last value, and declarations of names that are there.
const { getLineInfo } = require("acorn");
const { analyze } = require("eslint-scope");
const { traverse } = require("estraverse");

/** A cell may hold imports; its own names are those of a module. */
const SCOPES = { ecmaVersion: 2024, sourceType: "module", fallback: "iteration" };

class Rewriting {
  #code;
  #name;
  #kinds;
  #constants;
  #own;
  #edits = [];
  #shorthands = new Set();
  /** Each declaration of the cell's own names, and those. */
  #names = new Map();
  /** What Node is to link, and the names that it gives to the cell. */
  #links = [];
  #imported = [];
  #usesMeta = false;
  #declared = new Map();
  #fixed = new Set();
  #assigned = new Set();

  constructor(code, name, kinds, constants) {
    this.#code = code;
    this.#name = name;
    this.#kinds = kinds;
    this.#constants = constants;
  }

  accept() {
    for (const [name, kind] of this.#declared) {
      if (!this.#kinds.has(name)) this.#kinds.set(name, kind);
      this.#constants.delete(name);
    }
    for (const name of this.#fixed) this.#constants.add(name);
  }

  /** Names that are assigned to where V8 knows them as `let`: one whose declaration failed takes no value. */
  taken() {
    return [...this.#assigned].filter((name) => this.#kindOf(name) === "let");
  }

  prelude(number) {
    const names = [...this.#assigned].filter((name) => !this.#kinds.has(name));
    const taken = names.length > 0 ? `let ${names.join(", ")}; ` : "";
    if (this.#links.length === 0 && !this.#usesMeta) return taken;
    const imports = this.#imported.map(
      (name, at) => ` ${this.#declared.get(name)} ${name} = ${this.#name}.linked._${at};`,
    );
    return `${taken}await ${this.#name}.link(${JSON.stringify(this.#module())}, ${number});${imports.join("")}`;
  }

  /** The imports alone, where they stand, so that Node tells their places. */
  #module() {
    let [text, at] = ["", 0];
    for (const { start, end } of this.#links) {
      text += this.#code.slice(at, start).replace(/[^\n]/g, " ") + this.#code.slice(start, end);
      at = end;
    }
    const given = this.#imported.map((name, at) => `${name} as _${at}`);
    return `${text}\n;export { ${given} }; export default import.meta;`;
  }

  #insert(at, text) {
    this.#edits.push({ start: at, end: at, text });
  }

  /** Replaces, and keeps every line and, by blanks, what follows in its column. */
  #replace(start, end, text) {
    const lines = this.#code.slice(start, end).replace(/[^\n]/g, "");
    this.#edits.push({ start, end, text: lines === "" ? text.padEnd(end - start) : text + lines });
  }

  rewrite(program) {
    // The inspector would send a text as a whole: for the longest that takes minutes.
    const last = program.body.findLast(({ type }) => type !== "EmptyStatement");
    if (last?.type === "ExpressionStatement") {
      this.#insert(last.expression.start, `${this.#name}.last((`);
      this.#insert(last.expression.end, "))");
    }
    const [top] = analyze(program, SCOPES).globalScope.childScopes;
    this.#own = top.set;
    const variables = new Set();
    for (const { name, defs } of top.variables) {
      for (const { type, parent } of defs) {
        if (type !== "Variable") continue;
        this.#names.set(parent, [...(this.#names.get(parent) ?? []), name]);
        if (parent.kind === "var") variables.add(parent);
      }
    }
    for (const statement of program.body) this.#statement(statement);
    for (const declaration of variables) this.#declaration(declaration);
    this.#expressions(program);
    this.#assignments([...top.through, ...top.variables.flatMap(({ references }) => references)]);
    return this.#edits;
  }

  #link(statement) {
    this.#links.push(statement);
    this.#replace(statement.start, statement.end, "");
  }

  #statement(statement) {
    switch (statement.type) {
      case "ImportDeclaration":
        for (const { local } of statement.specifiers) {
          this.#declare(local.name, "let");
          this.#fixed.add(local.name);
          this.#imported.push(local.name);
        }
        return this.#link(statement);
      case "ExportAllDeclaration":
        return this.#link(statement);
      case "ExportNamedDeclaration":
        if (statement.declaration) {
          this.#replace(statement.start, statement.declaration.start, "");
          return this.#statement(statement.declaration);
        }
        if (statement.source) return this.#link(statement);
        for (const { local } of statement.specifiers) this.#known(local);
        return this.#replace(statement.start, statement.end, "");
      case "ExportDefaultDeclaration": {
        const { declaration } = statement;
        const declared = /Declaration$/.test(declaration.type);
        const named = declared && declaration.id;
        const [{ length }] = /^export(\s|\/\/.*?\n|\/\*.*?\*\/)*default/s.exec(this.#code.slice(statement.start));
        this.#replace(statement.start, statement.start + length, named ? "" : "void (");
        if (named) return this.#statement(declaration);
        // An expression ends where its brackets do, which are no part of it.
        const end = declared || this.#code[statement.end - 1] !== ";" ? statement.end : statement.end - 1;
        return this.#insert(end, ");");
      }
      case "VariableDeclaration":
        return statement.kind === "var" ? undefined : this.#declaration(statement);
      case "ClassDeclaration":
        if (this.#kindOf(statement.id.name) === "var") {
          this.#insert(statement.start, `var ${statement.id.name} = `);
          this.#insert(statement.end, ";");
        }
        return this.#declare(statement.id.name, "let");
      case "FunctionDeclaration":
        if (this.#kindOf(statement.id.name) === "let") {
          this.#insert(statement.start, `${statement.id.name} = `);
          this.#insert(statement.end, ";");
          this.#assigned.add(statement.id.name);
        }
        return this.#declare(statement.id.name, "var");
    }
  }

  #kindOf(name) {
    return this.#kinds.get(name);
  }

  #declare(name, kind) {
    this.#declared.set(name, this.#kinds.get(name) ?? kind);
  }

  /**
   * `const` and `using` become `let`, so that a later cell may declare the name again; assignments to it fail all the
   * same. Where V8 knows a name as the other kind, the whole declaration becomes an assignment.
   */
  #declaration(declaration) {
    const { kind, declarations, start } = declaration;
    const wanted = kind === "var" ? "var" : "let";
    const names = this.#names.get(declaration) ?? [];
    const assigned = names.some((name) => (this.#kindOf(name) ?? wanted) !== wanted);
    for (const name of names) {
      this.#declare(name, assigned ? "let" : wanted);
      if (kind !== "let" && kind !== "var") this.#fixed.add(name);
      if (assigned) this.#assigned.add(name);
    }
    // A line before it may lack its semicolon: no bracket is to follow that.
    const instead = declarations[0].init === null ? "" : "void 0,";
    this.#replace(start, declarations[0].start, assigned ? instead : `${wanted} `);
    if (!assigned) return;
    for (const { id, init } of declarations) {
      if (init === null && wanted === "let") this.#insert(id.end, " = void 0");
      if (id.type === "Identifier" || init === null) continue;
      this.#insert(id.start, "(");
      this.#insert(init.end, ")");
    }
  }

  /** An assignment to a constant is one to a property that has its value, and takes no other. */
  #assignments(references) {
    const isConstant = (name) => this.#fixed.has(name) || (this.#constants.has(name) && !this.#declared.has(name));
    const written = references.filter((one) => one.isWrite() && !one.init && isConstant(one.identifier.name));
    for (const target of new Set(written.map(({ identifier }) => identifier))) {
      const { start, end, name } = target;
      const text = `${this.#shorthands.has(target) ? `${name}: ` : ""}${this.#name}.held(${name}).constant`;
      this.#edits.push({ start, end, text });
    }
  }

  /** `import()`, and `import.meta`. */
  #expressions(program) {
    traverse(program, {
      fallback: "iteration",
      enter: ({ type, start, end, meta, shorthand, value }) => {
        if (type === "ImportExpression") this.#edits.push({ start, end: start + 6, text: `${this.#name}.import` });
        else if (type === "MetaProperty" && meta.name === "import") {
          this.#usesMeta = true;
          this.#edits.push({ start, end, text: `${this.#name}.meta` });
        } else if (type === "Property" && shorthand) this.#shorthands.add(value.left ?? value);
      },
    });
  }

  /** A name that is exported has to be there, in this cell or of an earlier one. */
  #known({ name, start }) {
    if (this.#own.has(name) || this.#kinds.has(name)) return;
    const message = `Export '${name}' is not defined in module`;
    throw Object.assign(new SyntaxError(message), { loc: getLineInfo(this.#code, start) });
  }
}

module.exports = { Rewriting };
