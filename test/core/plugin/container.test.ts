import { describe, expect, it } from "vitest";
import type { Lifecycle } from "../../../core/contract/lifecycle.ts";
import { Token } from "../../../core/contract/token.ts";
import { ConfigToken } from "../../../core/contract/tokens.ts";
import { inject, injectable } from "../../../core/kit/decorators.ts";
import { Container, type PluginModule } from "../../../core/plugin/container.ts";

const Word = new Token<string>("test/word");
const Gone = new Token<string>("test/gone");

class Base implements Lifecycle {
  async [Symbol.asyncDispose]() {}
}

/** As a compiler writes `@inject(token)` on each parameter and `@injectable()` on the class. */
function decorated<Class extends abstract new (...parameters: never[]) => object>(
  plugin: Class,
  tokens: readonly Parameters<typeof inject>[0][],
): Class {
  for (const [index, token] of tokens.entries()) inject(token)(plugin, undefined, index);
  injectable()(plugin);
  return plugin;
}

function container(): Container {
  const made = new Container();
  made.provide(Word, "hello");
  return made;
}

const create = (plugin: unknown) => container().create(plugin as PluginModule, { id: "polly", config: 7, refs: {} });

describe("dependency injection", () => {
  it("should give a decorated class what its tokens name", () => {
    class Speaker extends Base {
      readonly word: string;
      readonly config: number;
      constructor(word: string, config: number) {
        super();
        this.word = word;
        this.config = config;
      }
    }
    expect(create(decorated(Speaker, [Word, ConfigToken]))).toMatchObject({ word: "hello", config: 7 });
  });

  it("should give a decorated class another one, made anew", () => {
    class Helper {
      readonly word: string;
      constructor(word: string) {
        this.word = word;
      }
    }
    class Speaker extends Base {
      readonly helper: Helper;
      constructor(helper: Helper) {
        super();
        this.helper = helper;
      }
    }
    expect(create(decorated(Speaker, [decorated(Helper, [Word])]))).toMatchObject({ helper: { word: "hello" } });
  });

  it("should take the decorators of tsyringe itself", async () => {
    const tsyringe = await import("tsyringe");
    class Speaker extends Base {
      readonly word: string;
      constructor(word: string) {
        super();
        this.word = word;
      }
    }
    tsyringe.inject(Word.id)(Speaker, undefined, 0);
    tsyringe.injectable()(Speaker);
    expect(create(Speaker)).toMatchObject({ word: "hello" });
  });

  class Needs extends Base {
    constructor(_word: string) {
      super();
    }
  }
  class First extends Base {
    constructor(_second: object) {
      super();
    }
  }
  class Second extends First {}
  decorated(Second, [First]);

  it.each([
    [
      "a definition",
      { inject: { word: Gone }, create: () => new Base() },
      "polly -> word needs test/gone, and nothing provides it",
    ],
    ["a class", decorated(class Speaker extends Needs {}, [Gone]), "polly -> Speaker -> parameter 1 needs test/gone"],
    [
      "a class of a class",
      decorated(class Outer extends Needs {}, [decorated(class Inner extends Needs {}, [Gone])]),
      "polly -> Outer -> Inner -> parameter 1 needs test/gone",
    ],
    ["a circle", decorated(First, [Second]), "polly -> First -> Second -> First is a circle"],
    [
      "no decorator",
      class Bare {
        readonly word: string;
        constructor(word: string) {
          this.word = word;
        }
      },
      "polly -> Bare -> parameter 1 names nothing to inject",
    ],
  ])("should name the way to what is missing: %s", (_, plugin, message) => {
    expect(() => create(plugin)).toThrow(
      expect.objectContaining({ code: "SLUICE_PLUGIN_DEPENDENCY", message: expect.stringContaining(message) }),
    );
  });

  const Cache = new Token<string>("acme/cache");
  it.each([
    [
      "what it injects and does not require",
      { cache: Cache },
      [],
      "polly injects acme/cache, which its plugin.json does not require",
    ],
    [
      "what it requires and does not inject",
      {},
      ["acme/cache"],
      "polly does not inject acme/cache, which its plugin.json requires",
    ],
  ])("should tell of %s", (_, tokens, requires, message) => {
    const made = container();
    made.provideService(Cache, () => "cache");
    const plugin = { inject: tokens, create: () => new Base() };
    expect(() => made.create(plugin, { id: "polly", config: {}, refs: {} }, requires)).toThrow(message);
  });

  it("should give a service that is required", () => {
    const made = container();
    made.provideService(Cache, () => "cache");
    const plugin = {
      inject: { cache: Cache },
      create: ({ cache }: { readonly cache: unknown }) => Object.assign(new Base(), { cache }),
    };
    const context = { id: "polly", config: {}, refs: {} };
    expect(made.create(plugin as unknown as PluginModule, context, ["acme/cache"])).toMatchObject({ cache: "cache" });
  });
});
