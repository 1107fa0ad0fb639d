/**
 * What a scripted model answers to have a coding agent do something, in the words that the agent has for its own tools. For
 * the demo with such an agent, and for tests with the real ones.
 */

/** @typedef {import('@fermata/contracts').AgentPreset} AgentPreset */
/** @typedef {import('@fermata/contracts').Json} Json */
/** @typedef {import('@fermata/scripted-model').Conversation} Conversation */
/** @typedef {import('@fermata/scripted-model').ScriptedReply} ScriptedReply */
/** @typedef {import('@fermata/scripted-model').ScriptedToolCall} ScriptedToolCall */
/**
 * `write` is a path below the worktree; `result` and `finish` end the run, `ask` puts a question to a person.
 * @typedef {{ run: string } | { write: string, content: string } | { finish: string } | { result: Json } | { ask: string } | { say: string }} Deed
 */

/** @typedef {{ prefix: string, run: (command: string) => ScriptedToolCall, write: ((path: string, content: string) => ScriptedToolCall) | null }} AgentTools */

/** @type {Readonly<Partial<Record<AgentPreset, AgentTools>>>} `write` is null where files are written by commands. */
const tools = {
  'claude-code': {
    prefix: 'mcp__fermata__',
    run: (command) => ({ name: 'Bash', input: { command, description: 'Run it' } }),
    write: (path, content) => ({ name: 'Write', input: { file_path: path, content } }),
  },
  codex: {
    prefix: 'mcp__fermata.',
    run: (cmd) => ({ name: 'exec_command', input: { cmd } }),
    write: null,
  },
  'gemini-cli': {
    prefix: 'mcp_fermata_',
    run: (command) => ({ name: 'run_shell_command', input: { command, description: 'Run it' } }),
    write: (path, content) => ({ name: 'write_file', input: { file_path: path, content } }),
  },
  opencode: {
    prefix: 'fermata_',
    run: (command) => ({ name: 'bash', input: { command, description: 'Run it' } }),
    write: (path, content) => ({ name: 'write', input: { filePath: path, content } }),
  },
  'qwen-code': {
    prefix: 'mcp__fermata__',
    run: (command) => ({ name: 'run_shell_command', input: { command, description: 'Run it', is_background: false } }),
    write: (path, content) => ({ name: 'write_file', input: { file_path: path, content } }),
  },
  copilot: {
    prefix: 'fermata-',
    run: (command) => ({ name: 'bash', input: { command, description: 'Run it', mode: 'sync' } }),
    write: (path, content) => ({ name: 'create', input: { path, file_text: content } }),
  },
  kimi: {
    prefix: 'mcp__fermata__',
    run: (command) => ({ name: 'Bash', input: { command } }),
    write: (path, content) => ({ name: 'Write', input: { path, content } }),
  },
};

/**
 * @param {AgentPreset} preset
 * @param {Deed | undefined} deed
 * @param {string} [worktree] where files are written by the agent's own tool; without it by a command
 * @returns {ScriptedReply}
 */
export function replyFor(preset, deed, worktree) {
  if (deed === undefined) return { text: 'That was all.' };
  if ('say' in deed) return { text: deed.say };
  const own = tools[preset];
  if (own === undefined) throw new Error(`the tools of ${preset} are not known`);
  return { toolCalls: [callFor(own, deed, worktree)] };
}

/**
 * @param {AgentTools} own
 * @param {Exclude<Deed, { say: string }>} deed
 * @param {string | undefined} worktree
 * @returns {ScriptedToolCall}
 */
function callFor({ prefix, run, write }, deed, worktree) {
  if ('run' in deed) return run(deed.run);
  if ('write' in deed) {
    const { write: path, content } = deed;
    return write && worktree ? write(`${worktree}/${path}`, content) : run(writingCommand(path, content));
  }
  if ('ask' in deed) return { name: `${prefix}ask_human`, input: { question: deed.ask } };
  return { name: `${prefix}finish`, input: 'result' in deed ? deed.result : { summary: deed.finish } };
}

/**
 * @param {string} path
 * @param {string} content
 */
function writingCommand(path, content) {
  const folder = path.includes('/') ? `mkdir -p ${path.slice(0, path.lastIndexOf('/'))}\n` : '';
  return `${folder}cat > ${path} <<'END'\n${content.replace(/\n$/, '')}\nEND`;
}

/**
 * How much it has done so far: agents that go on after a crash may have turns of their own in between.
 * @param {Conversation} conversation
 */
export function deedsDone({ messages }) {
  return messages.flatMap(({ blocks }) => blocks.filter(({ type }) => type === 'tool_call')).length;
}

/**
 * A call without tools is one on the side, such as for a title.
 * @param {Conversation} conversation
 */
export function isOnTheSide({ tools: offered }) {
  return offered.length === 0;
}
