import {
  DomainError,
  type AssistantBlock,
  type JsonObject,
  type Message,
  type ToolSchema,
  type UserBlock,
} from '@fermata/contracts';
import { z } from 'zod';
import type { ConversationParts } from '../../conversations/conversation.js';
import type { RequestTarget, WireRequest } from '../protocol.js';
import { readBody, toJson, toJsonObject } from '../read-body.js';
import { CallIds } from './call-ids.js';

const part = z.looseObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  functionCall: z.looseObject({ id: z.string().optional(), name: z.string(), args: z.unknown().optional() }).optional(),
  functionResponse: z
    .looseObject({ id: z.string().optional(), name: z.string(), response: z.looseObject({}).optional() })
    .optional(),
});
const content = z.looseObject({
  role: z.enum(['user', 'model', 'function']).optional(),
  parts: z.array(part).min(1),
});
const declaration = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  parameters: z.unknown().optional(),
  parametersJsonSchema: z.unknown().optional(),
});
const toolGroup = z.looseObject({ functionDeclarations: z.array(declaration).optional() });
const request = z.looseObject({
  contents: z.array(content).min(1),
  systemInstruction: z.looseObject({ parts: z.array(part) }).optional(),
  tools: z.array(toolGroup).optional(),
  toolConfig: z
    .looseObject({ functionCallingConfig: z.looseObject({ mode: z.string().optional() }).optional() })
    .optional(),
});
const counted = z.looseObject({ generateContentRequest: request.optional() });

type Wire = z.output<typeof request>;
type Part = z.output<typeof part>;
type Content = z.output<typeof content>;

const path =
  /^\/v1(?:beta|alpha)?\/models\/(?<model>[^/:]+):(?<verb>generateContent|streamGenerateContent|countTokens)$/;

export function isAnswerPath(address: string): boolean {
  return verbOf(address) !== undefined && !isCountPath(address);
}

export function isCountPath(address: string): boolean {
  return verbOf(address) === 'countTokens';
}

export function readRequest(body: JsonObject, target: RequestTarget): WireRequest {
  const stream = verbOf(target.path) === 'streamGenerateContent';
  if (stream && target.query.get('alt') !== 'sse') {
    throw new DomainError('invalid_input', 'Streams are sent as server-sent events only. Add ?alt=sse to the address.');
  }
  return { stream, conversation: readConversation(readBody(request, body), modelOf(target.path)) };
}

/** The contents alone, or a whole request within. */
export function readCountRequest(body: JsonObject, address: string): ConversationParts {
  const { generateContentRequest } = readBody(counted, body);
  return readConversation(generateContentRequest ?? readBody(request, body), modelOf(address));
}

function verbOf(address: string): string | undefined {
  return path.exec(address)?.groups?.['verb'];
}

function modelOf(address: string): string {
  return decodeURIComponent(path.exec(address)?.groups?.['model'] ?? '');
}

function readConversation(wire: Wire, model: string): ConversationParts {
  const ids = new CallIds();
  return {
    protocol: 'gemini',
    model,
    system: (wire.systemInstruction?.parts ?? []).map(({ text }) => text ?? '').join('\n'),
    messages: wire.contents.map((said) => readContent(said, ids)),
    tools: (wire.tools ?? []).flatMap(readTools),
    toolChoice: wire.toolConfig?.functionCallingConfig?.mode === 'ANY' ? 'required' : 'auto',
  };
}

function readContent({ role, parts }: Content, ids: CallIds): Message {
  if (role === 'model') return { role: 'assistant', blocks: parts.flatMap((said) => readModelPart(said, ids)) };
  return { role: 'user', blocks: parts.map((said) => readUserPart(said, ids)) };
}

/** Thoughts that a client sends back say nothing to a rule. */
function readModelPart({ text, thought, functionCall }: Part, ids: CallIds): AssistantBlock[] {
  if (functionCall) {
    const { id, name, args } = functionCall;
    return [{ type: 'tool_call', callId: ids.called(name, id), name, input: toJson(args) }];
  }
  return thought || !text ? [] : [{ type: 'text', text }];
}

/** Images and files count as a word that names them: rules match on text. */
function readUserPart(said: Part, ids: CallIds): UserBlock {
  const { text, functionResponse } = said;
  if (!functionResponse) return { type: 'text', text: text ?? `[${Object.keys(said)[0] ?? 'empty'}]` };
  const { id, name, response = {} } = functionResponse;
  const callId = ids.answered(name, id);
  return { type: 'tool_result', callId, text: resultText(response), isError: 'error' in response };
}

/** Clients put what a tool said into `output`, or into `error`. */
function resultText(response: Readonly<Record<string, unknown>>): string {
  const said = response['output'] ?? response['error'] ?? response;
  return typeof said === 'string' ? said : JSON.stringify(said);
}

/** A tool of the provider's own has only a name: its member's. */
function readTools(tool: z.output<typeof toolGroup>): ToolSchema[] {
  const declared = (tool.functionDeclarations ?? []).map((one) => ({
    name: one.name,
    description: one.description ?? '',
    inputSchema: toJsonObject(one.parametersJsonSchema ?? one.parameters),
  }));
  const own = Object.keys(tool).filter((name) => name !== 'functionDeclarations');
  return [...declared, ...own.map((name) => ({ name, description: '', inputSchema: {} }))];
}
