import type { AssistantBlock, JsonObject, Message, ToolSchema } from '@fermata/contracts';
import { z } from 'zod';
import { contentSchema, readToolChoice, textOf, toolChoiceSchema } from '../openai-content.js';
import type { WireRequest } from '../protocol.js';
import { readBody, readToolCall, toJsonObject } from '../read-body.js';

const content = contentSchema.nullish();
const toolCall = z.looseObject({
  id: z.string(),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});
const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.literal('system'), content }),
  z.looseObject({ role: z.literal('developer'), content }),
  z.looseObject({ role: z.literal('user'), content }),
  z.looseObject({ role: z.literal('assistant'), content, tool_calls: z.array(toolCall).nullish() }),
  z.looseObject({ role: z.literal('tool'), content, tool_call_id: z.string() }),
]);

const request = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  tools: z
    .array(
      z.looseObject({
        function: z.looseObject({
          name: z.string(),
          description: z.string().optional(),
          parameters: z.unknown().optional(),
        }),
      }),
    )
    .nullish(),
  tool_choice: toolChoiceSchema,
  stream: z.boolean().nullish(),
});

type WireRequestBody = z.output<typeof request>;
type WireMessage = z.output<typeof message>;

export function readRequest(body: JsonObject): WireRequest {
  const wire = readBody(request, body);
  const system = wire.messages.filter(isInstruction).map((said) => textOf(said.content));
  return {
    stream: wire.stream ?? false,
    conversation: {
      protocol: 'openai_chat',
      model: wire.model,
      system: system.join('\n'),
      messages: wire.messages.flatMap(readMessage),
      tools: readTools(wire),
      toolChoice: readToolChoice(wire.tool_choice),
    },
  };
}

function isInstruction(said: WireMessage): boolean {
  return said.role === 'system' || said.role === 'developer';
}

function readMessage(said: WireMessage): Message[] {
  const text = textOf(said.content);
  switch (said.role) {
    case 'system':
    case 'developer':
      return [];
    case 'user':
      return [{ role: 'user', blocks: [{ type: 'text', text }] }];
    case 'tool': {
      const result = { type: 'tool_result', callId: said.tool_call_id, text, isError: false } as const;
      return [{ role: 'user', blocks: [result] }];
    }
    case 'assistant':
      return [{ role: 'assistant', blocks: readAssistant(text, said.tool_calls ?? []) }];
  }
}

function readAssistant(text: string, calls: readonly z.output<typeof toolCall>[]): AssistantBlock[] {
  const said = text ? [{ type: 'text', text } as const] : [];
  return [...said, ...calls.map((call) => readToolCall(call.id, call.function.name, call.function.arguments))];
}

function readTools(wire: WireRequestBody): ToolSchema[] {
  return (wire.tools ?? []).map(({ function: { name, description, parameters } }) => ({
    name,
    description: description ?? '',
    inputSchema: toJsonObject(parameters),
  }));
}
