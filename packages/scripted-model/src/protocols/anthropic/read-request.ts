import type { AssistantBlock, JsonObject, Message, TextBlock, ToolSchema, UserBlock } from '@fermata/contracts';
import { z } from 'zod';
import type { ConversationParts } from '../../conversations/conversation.js';
import { readBody, toJson, toJsonObject } from '../read-body.js';
import type { WireRequest } from '../protocol.js';

const anyBlock = z.looseObject({ type: z.string() });
const content = z.union([z.string(), z.array(anyBlock)]);
const textBlock = z.looseObject({ type: z.literal('text'), text: z.string() });
const toolUse = z.looseObject({ id: z.string(), name: z.string(), input: z.unknown().optional() });
const toolResult = z.looseObject({
  tool_use_id: z.string(),
  content: content.optional(),
  is_error: z.boolean().optional(),
});

const prompt = z.looseObject({
  model: z.string().min(1),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  messages: z.array(z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content })).min(1),
  tools: z
    .array(
      z.looseObject({ name: z.string(), description: z.string().optional(), input_schema: z.unknown().optional() }),
    )
    .optional(),
  tool_choice: z.looseObject({ type: z.string() }).optional(),
});
const request = prompt.extend({ max_tokens: z.number().int().min(1), stream: z.boolean().optional() });

type Content = z.output<typeof content>;
type Block = z.output<typeof anyBlock>;

export function readRequest(body: JsonObject): WireRequest {
  const { stream } = readBody(request, body);
  return { stream: stream ?? false, conversation: readPrompt(body) };
}

/** What is read, whether it is to be answered or only counted. */
export function readPrompt(body: JsonObject): ConversationParts {
  const wire = readBody(prompt, body);
  const system = wire.messages.filter(({ role }) => role === 'system').map((message) => textOf(message.content));
  return {
    protocol: 'anthropic',
    model: wire.model,
    system: [textOf(wire.system ?? ''), ...system].filter((text) => text !== '').join('\n'),
    messages: wire.messages.flatMap(({ role, content: said }) => (role === 'system' ? [] : [readMessage(role, said)])),
    tools: (wire.tools ?? []).map(readTool),
    toolChoice: ['any', 'tool'].includes(wire.tool_choice?.type ?? 'auto') ? 'required' : 'auto',
  };
}

function readMessage(role: 'user' | 'assistant', said: Content): Message {
  const blocks: Block[] = typeof said === 'string' ? [{ type: 'text', text: said }] : said;
  return role === 'user'
    ? { role, blocks: blocks.map(readUserBlock) }
    : { role, blocks: blocks.map(readAssistantBlock) };
}

function readUserBlock(block: Block): UserBlock {
  if (block.type !== 'tool_result') return readText(block);
  const result = readBody(toolResult, block);
  const text = textOf(result.content ?? '');
  return { type: 'tool_result', callId: result.tool_use_id, text, isError: result.is_error ?? false };
}

function readAssistantBlock(block: Block): AssistantBlock {
  if (block.type === 'tool_use') {
    const { id, name, input } = readBody(toolUse, block);
    return { type: 'tool_call', callId: id, name, input: toJson(input) };
  }
  if (block.type === 'thinking' || block.type === 'redacted_thinking') {
    return { type: 'thinking', provider: 'anthropic', data: toJsonObject(block) };
  }
  return readText(block);
}

/** Images and documents count as a word that names them: rules match on text. */
function readText(block: Block): TextBlock {
  return { type: 'text', text: block.type === 'text' ? readBody(textBlock, block).text : `[${block.type}]` };
}

function textOf(said: Content): string {
  return typeof said === 'string' ? said : said.map((block) => readText(block).text).join('\n');
}

function readTool(tool: { name: string; description?: string | undefined; input_schema?: unknown }): ToolSchema {
  return { name: tool.name, description: tool.description ?? '', inputSchema: toJsonObject(tool.input_schema) };
}
