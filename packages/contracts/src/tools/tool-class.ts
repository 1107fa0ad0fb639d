/**
 * What a crash in the middle of a tool means.
 * `control`: decided by the workflow (finish, ask_human). `idempotent`: run it again.
 * `unsafe`: it may have run; it is never run again, and the model is told that the outcome is unknown.
 */
export const ToolClass = { control: 'control', idempotent: 'idempotent', unsafe: 'unsafe' } as const;
export type ToolClass = (typeof ToolClass)[keyof typeof ToolClass];
