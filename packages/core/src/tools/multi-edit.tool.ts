import { z } from 'zod';
import { editedPath, editOf, replacementInput } from './edit-arguments.js';
import { editFile } from './edit-file.js';
import { defineTool } from './tool.js';

export const multiEditTool = defineTool({
  name: 'multi_edit',
  class: 'idempotent',
  quick: 'changes',
  description:
    'Makes several replacements in one file, as edit does, in the order given: each sees what those before it have made. All of them are made, or, when one does not fit, none. Use it in place of several calls of edit on the same file.',
  input: z.strictObject({
    path: editedPath,
    edits: z.array(replacementInput).min(1).max(100).describe('The replacements, in their order.'),
  }),
  run: ({ path, edits }, context) => editFile({ path, edits: edits.map(editOf) }, context),
});
