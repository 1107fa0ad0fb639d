import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach } from 'vitest';
import type { Script } from '../scripts/script.js';
import { type ScriptedModelOptions, type ScriptedModelServer, startScriptedModel } from './start-scripted-model.js';

const started: ScriptedModelServer[] = [];

afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});

export const readTool = {
  name: 'read_file',
  description: 'Reads a file.',
  parameters: { type: 'object', properties: { path: { type: 'string' } } },
} as const;

/** A server that ends with the test, and the vendors' own clients of it, which never try again by themselves. */
export async function startWithClients(script: Script, options: Partial<ScriptedModelOptions> = {}) {
  const server = await startScriptedModel({ ...options, script });
  started.push(server);
  return {
    server,
    anthropic: new Anthropic({ apiKey: 'key-a', baseURL: server.anthropicBaseUrl, maxRetries: 0 }),
    openai: new OpenAI({ apiKey: 'key-o', baseURL: server.openaiBaseUrl, maxRetries: 0 }),
  };
}
