/** What a provider sends for a failure, and what has to come of it. */
export interface Failure {
  readonly who: string;
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly code: "AUTH" | "RATE_LIMIT" | "OVERLOADED" | "CONTEXT" | "REQUEST";
  /** The provider's words that have to be there. */
  readonly words: string;
  readonly retryable?: boolean;
  readonly retryAfter?: number;
}

export const fail = (
  who: string,
  status: number,
  body: unknown,
  code: Failure["code"],
  words: string,
  rest: Pick<Failure, "headers" | "retryable" | "retryAfter"> = {},
): Failure => ({ who, status, body, code, words, ...rest });
export const openAI = (message: string, type = "invalid_request_error", code: string | null = null) => ({
  error: { message, type, param: null, code },
});
export const googleError = (code: number, status: string, message: string, details: unknown[] = []) => ({
  error: { code, message, status, details },
});

/** One text in every form that errors were seen in. */
const shapes: readonly (readonly [string, unknown])[] = [
  ["a text", "No such thing."],
  ["a JSON text", '"No such thing."'],
  ["error: text", { error: "No such thing." }],
  ["error: object", { error: { message: "No such thing.", type: "x" } }],
  ["error within an error", { error: { error: { message: "No such thing." } } }],
  ["message", { message: "No such thing.", code: "x" }],
  ["Message", { Message: "No such thing." }],
  ["msg", { code: "x", msg: "No such thing." }],
  ["detail", { detail: "No such thing." }],
  ["detail: list", { detail: [{ loc: ["body"], msg: "No such thing.", type: "value_error" }] }],
  ["detail: object", { detail: { error: "No such thing." } }],
  ["errors: texts", { errors: ["No such thing."] }],
  ["errors: objects", { errors: [{ message: "No such thing.", code: 7003 }], success: false }],
  ["a list", [{ error: { code: 400, message: "No such thing.", status: "INVALID_ARGUMENT" } }]],
  ["title and detail", { type: "about:blank", title: "Bad", detail: "No such thing." }],
  ["error_description", { error_code: "x", error_description: "No such thing." }],
  ["JSON in the message", { error: { message: '{"error":{"message":"No such thing."}}' } }],
  ["a provider behind it", { error: { message: "Provider returned error", metadata: { raw: "No such thing." } } }],
  ["a page", "<!doctype html><html><head><title>No such thing.</title></head><body>x</body></html>"],
  ["a page without a title", "<html><body><h1>No such thing.</h1></body></html>"],
  ["fault", { fault: { faultstring: "No such thing." } }],
  ["a message that is an object", { error: { message: { text: "No such thing." } } }],
  ["errors: by field", { errors: { base: ["No such thing."] } }],
  ["err", { err: "No such thing." }],
  ["beside a status", { status: "error", data: { message: "No such thing." } }],
  ["an inner error", { error: { code: "x", innererror: { message: "No such thing." } } }],
  ["an exception", { exception: "No such thing." }],
  ["a cause", { error: { cause: "No such thing." } }],
  ["issues", { success: false, error: { name: "ZodError", issues: [{ message: "No such thing.", path: ["a"] }] } }],
  ["messages", { messages: ["No such thing."] }],
  ["somewhere deep", { a: { b: [{ c: { message: "No such thing." } }] } }],
  ["two of them", { detail: [{ msg: "No such thing." }, { msg: "Nor that." }] }],
  ["XML", "<?xml version='1.0'?><Error><Code>X</Code><Message>No such thing.</Message></Error>"],
  ["a byte order mark", `\ufeff${JSON.stringify({ error: { message: "No such thing." } })}`],
  ["something behind it", `${JSON.stringify({ error: { message: "No such thing." } })}\n<!-- x -->`],
  ["types of their own", { error: { message: "No such thing.", type: 5, param: [], code: {} } }],
];

export const shaped: readonly Failure[] = shapes.map(([who, body]) =>
  fail(who, 400, body, "REQUEST", "No such thing."),
);

/** Wrong keys and empty accounts. */
export const accounts: readonly Failure[] = [
  fail("OpenAI, key", 401, openAI("Incorrect API key provided.", "x", "invalid_api_key"), "AUTH", "Incorrect"),
  fail(
    "Google, key",
    400,
    googleError(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [
      { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" },
    ]),
    "AUTH",
    "API key not valid",
  ),
  fail("a server's, no key", 400, openAI("You didn't provide an API key."), "AUTH", "provide an API key"),
  fail(
    "Anthropic, limit of use",
    403,
    { type: "error", error: { type: "x", message: "You have reached your specified API usage limits." } },
    "RATE_LIMIT",
    "usage limits",
    { retryable: false },
  ),
  fail("Google, old key", 400, googleError(400, "INVALID_ARGUMENT", "API key expired. Renew it."), "AUTH", "expired"),
  fail(
    "xAI, key",
    400,
    { code: "Client specified an invalid argument", error: "Incorrect API key provided: x." },
    "AUTH",
    "Incorrect",
  ),
  fail(
    "Anthropic, key",
    401,
    { type: "error", error: { type: "authentication_error", message: "invalid x-api-key" } },
    "AUTH",
    "x-api-key",
  ),
  fail(
    "DashScope, key",
    401,
    { code: "InvalidApiKey", message: "Invalid API-key provided." },
    "AUTH",
    "Invalid API-key",
  ),
  fail(
    "Bedrock, key",
    403,
    { message: "The security token included in the request is invalid." },
    "AUTH",
    "security token",
  ),
  fail(
    "OpenAI, quota",
    429,
    openAI(
      "You exceeded your current quota, please check your plan and billing details.",
      "insufficient_quota",
      "insufficient_quota",
    ),
    "RATE_LIMIT",
    "current quota",
    { retryable: false },
  ),
  fail(
    "Anthropic, credit",
    400,
    {
      type: "error",
      error: { type: "invalid_request_error", message: "Your credit balance is too low to access the Anthropic API." },
    },
    "RATE_LIMIT",
    "credit balance",
    { retryable: false },
  ),
  fail(
    "OpenRouter, credit",
    402,
    { error: { code: 402, message: "This request requires more credits, or fewer max_tokens." } },
    "RATE_LIMIT",
    "more credits",
    { retryable: false },
  ),
  fail(
    "DeepSeek, credit",
    402,
    openAI("Insufficient Balance", "unknown_error", "invalid_request_error"),
    "RATE_LIMIT",
    "Insufficient",
    { retryable: false },
  ),
  fail(
    "xAI, credit",
    403,
    { code: "x", error: "Your newly created team doesn't have any credits yet." },
    "RATE_LIMIT",
    "any credits",
    { retryable: false },
  ),
  fail(
    "Zhipu, credit",
    429,
    { error: { code: "1113", message: "余额不足或无可用资源包,请充值。" } },
    "RATE_LIMIT",
    "余额不足",
    { retryable: false },
  ),
  fail(
    "Moonshot, credit",
    429,
    openAI("Your account is suspended, please check your plan and billing details", "exceeded_current_quota_error"),
    "RATE_LIMIT",
    "suspended",
    { retryable: false },
  ),
  fail(
    "DashScope, credit",
    400,
    { code: "Arrearage", message: "Access denied, please make sure your account is in good standing." },
    "RATE_LIMIT",
    "good standing",
    { retryable: false },
  ),
];
