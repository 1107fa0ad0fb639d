import { type AssistantBlock, DomainError, type Message, type ToolCallBlock, type UserBlock } from '@fermata/contracts';

/** A stored step, as far as the model is concerned with it. */
export type ConversationRecord =
  | { kind: 'brief'; text: string }
  | { kind: 'model'; blocks: readonly AssistantBlock[] }
  | { kind: 'tool'; callId: string; text: string; isError: boolean }
  | { kind: 'note'; text: string };

/**
 * The conversation that providers accept, from the steps in their order. User and assistant take turns and a user begins
 * and ends; each tool call is answered once, in the message after it and in the order of the calls, before any other text;
 * call ids are unique; no block is empty. A later step only ever adds to the end, so thinking stays bound to the messages
 * before it and the provider's cache holds.
 * @throws DomainError `internal` when a model's answer comes before any brief
 */
export function assembleConversation(records: readonly ConversationRecord[]): Message[] {
  const conversation = new ConversationBuilder();
  for (const record of records) conversation.add(record);
  return conversation.messages();
}

const goOn = 'Go on. When your work is done, call `finish`.';

interface OpenCall {
  /** As the provider gave it and the steps know it. */
  givenId: string;
  /** As it stands in the conversation. */
  callId: string;
}

class ConversationBuilder {
  readonly #messages: Message[] = [];
  readonly #usedIds = new Set<string>();
  #calls: readonly OpenCall[] = [];
  #results: Extract<ConversationRecord, { kind: 'tool' }>[] = [];
  #texts: string[] = [];

  add(record: ConversationRecord): void {
    if (record.kind === 'model') this.#addAnswer(record.blocks);
    else if (record.kind === 'tool') this.#results.push(record);
    else if (record.text.trim() !== '') this.#texts.push(record.text);
  }

  messages(): Message[] {
    this.#endUserTurn();
    return this.#messages;
  }

  #addAnswer(given: readonly AssistantBlock[]): void {
    this.#endUserTurn();
    const blocks = given.filter((block) => block.type !== 'text' || block.text.trim() !== '');
    // Thinking alone (an answer cut off by its limit) is no turn that a provider takes back.
    if (!blocks.some((block) => block.type !== 'thinking')) return;
    const calls: OpenCall[] = [];
    const named = blocks.map((block) => (block.type === 'tool_call' ? this.#openCall(block, calls) : block));
    this.#messages.push({ role: 'assistant', blocks: named });
    this.#calls = calls;
  }

  /** Some servers number the calls of every answer from the start again; others refuse an id used twice. */
  #openCall(block: ToolCallBlock, calls: OpenCall[]): ToolCallBlock {
    let callId = block.callId;
    for (let number = 2; this.#usedIds.has(callId); number += 1) callId = `${block.callId}_${number}`;
    this.#usedIds.add(callId);
    calls.push({ givenId: block.callId, callId });
    return { ...block, callId };
  }

  #endUserTurn(): void {
    const answers = this.#calls.map((call) => this.#answer(call));
    const strays = this.#results.map(strayText);
    const texts = [...strays, ...this.#texts].map((text) => ({ type: 'text' as const, text }));
    this.#calls = [];
    this.#results = [];
    this.#texts = [];
    this.#addUserBlocks([...answers, ...texts]);
  }

  #answer({ givenId, callId }: OpenCall): UserBlock {
    const place = this.#results.findIndex((result) => result.callId === givenId);
    const [result] = place === -1 ? [] : this.#results.splice(place, 1);
    if (!result) {
      return { type: 'tool_result', callId, isError: true, text: 'not run: the run was interrupted before this call' };
    }
    return {
      type: 'tool_result',
      callId,
      isError: result.isError,
      text: result.text.trim() === '' ? '(no output)' : result.text,
    };
  }

  #addUserBlocks(blocks: readonly UserBlock[]): void {
    const last = this.#messages.at(-1);
    if (last?.role === 'user') {
      this.#messages[this.#messages.length - 1] = { role: 'user', blocks: [...last.blocks, ...blocks] };
      return;
    }
    if (!last && blocks.length === 0) {
      throw new DomainError(
        'internal',
        'A conversation must begin with a brief: there is nothing for the model to answer.',
      );
    }
    this.#messages.push({ role: 'user', blocks: blocks.length > 0 ? blocks : [{ type: 'text', text: goOn }] });
  }
}

/** A result without a call in the answer before it (late, or told twice) is still told, as text. */
function strayText({ callId, text }: { callId: string; text: string }): string {
  return `A late result of the earlier call ${callId}:\n${text}`;
}
