import { DomainError, type JsonObject, type Message, type ToolSchema } from '@fermata/contracts';
import { z } from 'zod';
import { contentSchema, readToolChoice, textOf, toolChoiceSchema } from '../openai-content.js';
import type { WireRequest } from '../protocol.js';
import { joinName } from './namespaces.js';
import { readBody, readToolCall, toJsonObject } from '../read-body.js';

const content = contentSchema;
const role = z.enum(['user', 'assistant', 'system', 'developer']);
const messageItem = z.looseObject({ role, content });
const callItem = z.looseObject({
  call_id: z.string(),
  name: z.string(),
  namespace: z.string().nullish(),
  arguments: z.string(),
});
const outputItem = z.looseObject({ call_id: z.string(), output: content });
const anyItem = z.looseObject({ type: z.string().optional() });

const tool = z.looseObject({
  type: z.string(),
  name: z.string().optional(),
  description: z.string().nullish(),
  parameters: z.unknown().optional(),
});
const namespacedTool = tool.extend({ tools: z.array(tool).optional() });

const request = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(anyItem).min(1)]),
  instructions: z.string().nullish(),
  previous_response_id: z.null('is not kept here: send the whole conversation as input').optional(),
  tools: z.array(namespacedTool).nullish(),
  tool_choice: toolChoiceSchema,
  stream: z.boolean().nullish(),
});

type Item = z.output<typeof anyItem>;
type WireRequestBody = z.output<typeof request>;

/** One input item: instructions, or a message of one block that is merged into its turn later. */
type ReadItem = { system: string } | Message;

export function readRequest(body: JsonObject): WireRequest {
  const wire = readBody(request, body);
  const items = typeof wire.input === 'string' ? [{ role: 'user', content: wire.input }] : wire.input;
  const read = items.map(readItem);
  const system = read.flatMap((item) => ('system' in item ? [item.system] : []));
  return {
    stream: wire.stream ?? false,
    conversation: {
      protocol: 'openai_responses',
      model: wire.model,
      system: [...(wire.instructions ? [wire.instructions] : []), ...system].join('\n'),
      messages: read.flatMap((item) => ('system' in item ? [] : [item])),
      tools: readTools(wire),
      toolChoice: readToolChoice(wire.tool_choice),
    },
  };
}

function readItem(item: Item): ReadItem {
  switch (item.type ?? 'message') {
    case 'message':
      return readMessage(item);
    case 'function_call': {
      const call = readBody(callItem, item);
      return {
        role: 'assistant',
        blocks: [readToolCall(call.call_id, joinName(call.namespace, call.name), call.arguments)],
      };
    }
    case 'function_call_output': {
      const { call_id: callId, output } = readBody(outputItem, item);
      return { role: 'user', blocks: [{ type: 'tool_result', callId, text: textOf(output), isError: false }] };
    }
    case 'reasoning':
      return {
        role: 'assistant',
        blocks: [{ type: 'thinking', provider: 'openai_responses', data: toJsonObject(item) }],
      };
    default:
      throw new DomainError('invalid_input', `input: items of type "${item.type}" are not understood here`);
  }
}

function readMessage(item: Item): ReadItem {
  const said = readBody(messageItem, item);
  const text = textOf(said.content);
  if (said.role === 'system' || said.role === 'developer') return { system: text };
  return { role: said.role, blocks: [{ type: 'text', text }] };
}

/** Tools of the provider's own have no name but their type. */
function readTools(wire: WireRequestBody): ToolSchema[] {
  return (wire.tools ?? []).flatMap(({ tools, ...one }) =>
    tools ? tools.map((inner) => readTool(inner, one.name)) : [readTool(one, null)],
  );
}

function readTool(
  { type, name, description, parameters }: z.output<typeof tool>,
  namespace: string | null | undefined,
) {
  return {
    name: joinName(namespace, name ?? type),
    description: description ?? '',
    inputSchema: toJsonObject(parameters),
  };
}
