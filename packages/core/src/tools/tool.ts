import {
  DomainError,
  type ErrorCode,
  type Json,
  type JsonObject,
  type SandboxProfile,
  type ToolClass,
  type ToolSchema,
} from '@fermata/contracts';
import { z } from 'zod';
import type { ChangedFile } from '../git/index.js';
import type { BackgroundShelf } from './background-processes.js';

/** What the work on a task has changed so far. */
export interface WorkDiff {
  /** Unified; the middle is left out when it is longer than the cap. */
  patch: string;
  truncated: boolean;
  files: readonly ChangedFile[];
}

/** Where and within which limits a tool runs. */
export interface ToolContext {
  /** Absolute path of the worktree. */
  worktree: string;
  /** The whole environment of what it starts; scrubbed. */
  env: Readonly<Record<string, string>>;
  /** What programs of the agent see and may use. Absent: they run as this user. */
  sandbox?: SandboxProfile;
  signal: AbortSignal;
  /** Called with output as it comes. */
  onProgress?: (chunk: string) => void;
  /** Bytes of UTF-8 an outcome's text may have. At least 1 KiB makes sense. */
  outputCapBytes: number;
  /** An attempt before this one was lost: the tool may have run already. */
  retry?: boolean;
  /** Where commands that go on in the background are kept. */
  background?: BackgroundShelf;
  /** What the work on the task has changed. Absent where there is no task. */
  diff?: (of: { path?: string; capBytes: number }) => Promise<WorkDiff>;
  /** The whole of an output that was shown in part, by the id that was given for it; null for an id that is not known. */
  keptOutput?: (id: string) => Promise<string | null>;
  /** Names of hosts that may be fetched from though their addresses are not public: as a policy lists them, without stars. */
  inwardHosts?: () => Promise<readonly string[]>;
}

/** What the model is told, and what the caller must know. */
export interface ToolOutcome {
  text: string;
  isError: boolean;
  /** May have changed files: worth a checkpoint. */
  mayHaveChangedFiles: boolean;
  /** Something was left out of `text`, which says so. */
  truncated: boolean;
  /** Why it is an error, where there is a code for it. */
  errorCode?: ErrorCode;
  /** Where `text` is only a part of what there was: all of it, to be kept and read on. */
  whole?: string;
  /** A sentence for people who follow the run. */
  note?: string;
  /** Equal for outcomes that bring a run no further: the same error, the same content of the same file. */
  fingerprint?: string;
}

export type InputCheck<T = unknown> = { ok: true; value: T } | { ok: false; problems: string[] };

/** Of a tool that starts no program and asks no other machine, so that it takes milliseconds: what it does meanwhile. */
export type Quick = 'looks' | 'changes';

export interface Tool {
  name: string;
  class: ToolClass;
  /** Absent for tools that may take their time. */
  quick?: Quick;
  schema: ToolSchema;
  /** Checks arguments as the model gave them; fills in defaults. The problems are sentences for the model. */
  check(input: Json): InputCheck;
  /**
   * Absent for control tools: the workflow decides those.
   * @throws the reason of `context.signal` when aborted, DomainError when it cannot be done
   */
  run?(input: Json, context: ToolContext): Promise<ToolOutcome>;
}

interface ToolDefinition<T> {
  name: string;
  class: ToolClass;
  quick?: Quick;
  description: string;
  input: z.ZodType<T>;
  run?: (input: T, context: ToolContext) => Promise<ToolOutcome>;
  /** What the schema cannot say. */
  problems?: (input: T) => string[];
}

export function defineTool<T>(definition: ToolDefinition<T>): Tool {
  const { name, description, input: schema, run } = definition;
  const check = (input: Json): InputCheck<T> => checkInput(definition, input);
  return {
    name,
    class: definition.class,
    ...(definition.quick && { quick: definition.quick }),
    schema: { name, description, inputSchema: jsonSchemaOf(schema) },
    check,
    ...(run && {
      run: async (input: Json, context: ToolContext) => {
        const checked = check(input);
        return checked.ok ? run(checked.value, context) : invalidInput(name, checked.problems);
      },
    }),
  };
}

function checkInput<T>({ input: schema, problems }: ToolDefinition<T>, input: Json): InputCheck<T> {
  const parsed = schema.safeParse(withoutNulls(input));
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.map(describeIssue) };
  const more = problems?.(parsed.data) ?? [];
  return more.length > 0 ? { ok: false, problems: more } : { ok: true, value: parsed.data };
}

/** Several models send null for an argument they leave out. */
function withoutNulls(input: Json): Json {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const place = issue.path.length === 0 ? 'the arguments' : issue.path.map(String).join('.');
  return `${place}: ${issue.message}`;
}

/** What the model may send (defaults optional), without what only costs tokens. */
function jsonSchemaOf(schema: z.ZodType): JsonObject {
  const jsonSchema = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  delete jsonSchema.$schema;
  return JSON.parse(JSON.stringify(jsonSchema)) as JsonObject;
}

export function succeeded(text: string, extra: Partial<ToolOutcome> = {}): ToolOutcome {
  return { text, isError: false, mayHaveChangedFiles: false, truncated: false, ...extra };
}

export function failed(errorCode: ErrorCode, text: string, extra: Partial<ToolOutcome> = {}): ToolOutcome {
  return { text, isError: true, mayHaveChangedFiles: false, truncated: false, errorCode, ...extra };
}

export function invalidInput(name: string, problems: readonly string[]): ToolOutcome {
  const lines = problems.slice(0, 30).map((problem) => `- ${problem}`);
  return failed(
    'tool_input_invalid',
    `The arguments of ${name} are not valid:\n${lines.join('\n')}\nCall it again with these mended.`,
  );
}

export const toolFailed = (message: string): DomainError => new DomainError('tool_failed', message);
