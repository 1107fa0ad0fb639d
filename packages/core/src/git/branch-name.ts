const maxSlugLength = 40;

/**
 * The branch of a task: `fermata/<title as a slug>-<last 8 of the id>`. The same for the same task and title, and a
 * valid ref whatever the title is (rules: git-check-ref-format).
 */
export function branchNameFor({ taskId, title }: { taskId: string; title: string }): string {
  const slug = slugOf(title).slice(0, maxSlugLength).replace(/-+$/, '');
  const suffix = slugOf(taskId).slice(-8).replace(/^-+/, '');
  return `fermata/${slug || 'task'}-${suffix || '0'}`;
}

function slugOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
