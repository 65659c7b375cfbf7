import { openAI } from "../../../plugins/llm-openai/provider.ts";
import { describeProvider } from "../../core/kit/upstream/provider-suite.ts";
import { chunk, seen } from "../../core/kit/upstream/upstream.ts";

const responses = [
  { type: "response.created", response: { id: "r", created_at: 1, model: "gpt-5.2" } },
  { type: "response.output_item.added", output_index: 0, item: { type: "message", id: "m", role: "assistant" } },
  { type: "response.output_text.delta", item_id: "m", output_index: 0, content_index: 0, delta: "half" },
];

function frames(events: readonly { readonly type: string }[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

const common = {
  provider: openAI,
  model: "gpt-5.2",
  base: (address: string) => `${address}/v1`,
  keyHeader: "authorization",
  catalogue: { body: { data: [{ id: "gpt-5.2" }] }, path: "/v1/models" },
};

describeProvider({
  ...common,
  name: "llm-openai (responses)",
  extra: { api: "responses" },
  shown: (base64) => ({
    input: [
      {
        role: "user",
        content: [
          { type: "input_image", image_url: `data:image/png;base64,${base64}` },
          { type: "input_text", text: "See" },
        ],
      },
    ],
  }),
  half: frames(responses),
  overloaded: frames([
    { type: "error", sequence_number: 0, code: "server_is_overloaded", message: "busy" } as { type: string },
  ]),
});

describeProvider({
  ...common,
  name: "llm-openai (chat)",
  extra: { api: "chat" },
  shown: (base64) => ({ messages: [seen(base64)] }),
  half: chunk({ content: "half" }),
  overloaded: `data: ${JSON.stringify({ error: { message: "busy", type: "overloaded_error", code: "overloaded" } })}\n\n`,
});
