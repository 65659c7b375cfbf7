/** The import rules of docs/decisions/0002-architecture.md, held by `npm run check:imports`. */
const oneFolder = (module, folder) => ({
  name: `only-${folder.replaceAll("/", "-")}-imports-${module.replaceAll(/[@/]/g, "")}`,
  severity: "error",
  comment: `${module} is a heavy package: exactly one folder imports it.`,
  from: { pathNot: `^${folder}` },
  to: { path: `^node_modules/${module}/`, dependencyTypesNot: ["type-only"] },
});

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "contract-imports-itself",
      severity: "error",
      comment: "The contract is promises: it imports types only, and itself.",
      from: { path: "^core/contract/" },
      to: { pathNot: "^core/contract/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "core-stands-alone",
      severity: "error",
      from: { path: "^core/" },
      to: { path: "^(plugins|bin|test)/|^node_modules/(dockerode|ws|@oclif|fastify|@ai-sdk/(?!provider/))" },
    },
    {
      name: "client-runs-in-browsers",
      severity: "error",
      from: { path: "^core/client/" },
      to: { pathNot: "^core/(client|contract)/|^node_modules/rxjs/" },
    },
    {
      name: "plugins-use-the-public-door",
      severity: "error",
      from: { path: "^plugins/([^/]+)/" },
      to: { path: "^(core|bin|plugins)/", pathNot: "^core/(index|client/index|testing/index)\\.ts$|^plugins/$1/" },
    },
    {
      name: "bin-uses-the-public-door",
      severity: "error",
      from: { path: "^bin/" },
      to: { path: "^(core|plugins)/", pathNot: "^core/(index|client/index)\\.ts$" },
    },
    { name: "not-to-test", severity: "error", from: { pathNot: "^test/" }, to: { path: "^test/" } },
    oneFolder("tsyringe", "core/container.ts"),
    oneFolder("reflect-metadata", "core/container.ts"),
    oneFolder("dockerode", "plugins/docker-sandbox/"),
    oneFolder("ws", "plugins/http-server/"),
    oneFolder("fastify", "plugins/http-server/"),
    oneFolder("@ai-sdk/openai", "plugins/llm-openai/"),
    oneFolder("@ai-sdk/anthropic", "plugins/llm-anthropic/"),
    oneFolder("@ai-sdk/google", "plugins/llm-google/"),
    oneFolder("@ai-sdk/openai-compatible", "plugins/llm-openai-compatible/"),
    oneFolder("pino", "core/journal/"),
    oneFolder("ajv", "core/config/"),
    oneFolder("yaml", "core/config/"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
