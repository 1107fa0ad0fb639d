export { endMarkedProcesses } from './end-marked-processes.js';
export { exceededWords } from './exceeded-words.js';
export type { ProcessOptions, ProcessResult } from './process.js';
export { ProcessInput } from './process-input.js';
export { installProcessHost, type ProcessHost } from './process-host.js';
export { runProcess } from './run-process.js';
export { scrubbedEnvironment } from './scrubbed-environment.js';
export { TailText } from './tail-text.js';
