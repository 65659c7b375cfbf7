"use strict";
// The thread in which code runs, as the inspector shows it to the thread that controls it.
const inspector = require("node:inspector");

class Code {
  #session = new inspector.Session();
  #harness;

  post(method, parameters) {
    return new Promise((resolve) => {
      this.#session.post(method, parameters, (error, answer) => resolve({ error, ...answer }));
    });
  }

  async connect(name) {
    this.#session.connectToMainThread();
    const { result } = await this.post("Runtime.evaluate", { expression: `globalThis["${name}"]` });
    this.#harness = result.objectId;
    await this.call("seal(first)", { value: name });
  }

  /** Calls a function of the harness; the name of nothing is looked up. */
  async call(body, ...values) {
    const { result } = await this.post("Runtime.callFunctionOn", {
      objectId: this.#harness,
      functionDeclaration: `function (first, second) { return this.${body} }`,
      arguments: values,
      returnByValue: true,
    });
    return result?.value;
  }

  /** Ends what runs, uncatchably. Where nothing runs, the poke is what ends. */
  async terminate() {
    void this.call("poke()");
    await Promise.race([this.post("Runtime.terminateExecution"), new Promise((resolve) => setTimeout(resolve, 1000))]);
  }

  /** What was printed is kept for nobody. */
  forget() {
    return this.post("Runtime.discardConsoleEntries");
  }
}

module.exports = { Code };
