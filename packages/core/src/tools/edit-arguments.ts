import { z } from 'zod';
import type { Edit } from './edit-text.js';
import { isWellFormed } from './well-formed.js';

const maxLength = 1_000_000;

/** What one replacement is told by a model. */
const replacement = {
  old_string: z
    .string()
    .min(1, 'is empty: to make a new file or replace all of one use write')
    .max(maxLength)
    .describe('The text to replace, exactly as it is in the file, with its white space, without line numbers.'),
  new_string: z
    .string()
    .max(maxLength)
    .refine(isWellFormed, 'has half of a surrogate pair in it, which no file can hold')
    .describe('What takes its place. Empty to delete.'),
  replace_all: z.boolean().default(false).describe('Replace every place where it occurs, for example to rename.'),
};

interface Replacement {
  old_string: string;
  new_string: string;
  replace_all: boolean;
}

const changesSomething = (edit: Replacement): boolean => edit.old_string !== edit.new_string;
const changesNothing = 'old_string and new_string are the same: nothing would change';

export const editedPath = z.string().min(1).max(4_000).describe('The file, relative to the worktree. It must exist.');

export const replacementInput = z.strictObject(replacement).refine(changesSomething, changesNothing);
export const replacementInFileInput = z
  .strictObject({ path: editedPath, ...replacement })
  .refine(changesSomething, changesNothing);

export const editOf = ({ old_string, new_string, replace_all }: Replacement): Edit => ({
  oldString: old_string,
  newString: new_string,
  replaceAll: replace_all,
});
