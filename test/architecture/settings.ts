/** A line of an environment file: `KEY=value`, or `# KEY=value` for one that shows a default. */
export interface Setting {
  key: string;
  value: string;
  commented: boolean;
}

export function settingsIn(text: string): Setting[] {
  return text.split('\n').flatMap((line) => {
    const [, mark, key = '', value = ''] = /^(# )?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    return key === '' ? [] : [{ key, value, commented: mark !== undefined }];
  });
}

/** The variables that `docker compose` fills in: `${NAME}`, `${NAME:-default}`, `${NAME:?why}`. */
export function interpolatedIn(text: string): Map<string, string | undefined> {
  const found = [...text.matchAll(/(?<!\$)\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*)|:\?[^}]*)?\}/g)];
  return new Map(found.map(([, name = '', fallback]) => [name, fallback]));
}

export function asEnvironment(settings: readonly Setting[]): Record<string, string> {
  return Object.fromEntries(settings.map(({ key, value }) => [key, value]));
}
