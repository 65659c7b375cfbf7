import { anthropic } from "../../../plugins/llm-anthropic/provider.ts";
import { describeProvider } from "../../core/kit/upstream/provider-suite.ts";

function frame(event: { readonly type: string; readonly [key: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

describeProvider({
  name: "llm-anthropic",
  provider: anthropic,
  extra: {},
  model: "claude-sonnet-5",
  base: (address) => `${address}/v1`,
  keyHeader: "x-api-key",
  shown: (data) => ({
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/png", data } },
          { type: "text", text: "See" },
        ],
      },
    ],
  }),
  catalogue: { body: { data: [{ id: "claude-sonnet-5", display_name: "Sonnet" }] }, path: "/v1/models?limit=1000" },
  half: [
    frame({
      type: "message_start",
      message: {
        type: "message",
        id: "m",
        role: "assistant",
        model: "claude-sonnet-5",
        content: [],
        stop_reason: null,
        usage: { input_tokens: 3, output_tokens: 1 },
      },
    }),
    frame({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
    frame({ type: "ping" }),
    frame({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "half" } }),
  ].join(""),
  overloaded: frame({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
});
