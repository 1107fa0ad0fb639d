import { editOf, replacementInFileInput } from './edit-arguments.js';
import { editFile } from './edit-file.js';
import { defineTool } from './tool.js';

export const editTool = defineTool({
  name: 'edit',
  class: 'idempotent',
  quick: 'changes',
  description:
    'Replaces a text in a file of the worktree by another, exactly. Read the file first, and copy old_string from it with all its spaces and line breaks, but without the line numbers that read shows. It must occur exactly once: take in as many lines around it as make it unique, or set replace_all. Line ends of the file (\\r\\n) and its mode are kept. When it is not found, the answer shows what comes close.',
  input: replacementInFileInput,
  run: (args, context) => editFile({ path: args.path, edits: [editOf(args)] }, context),
});
