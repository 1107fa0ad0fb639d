import type { Rotation, Secret } from '../graphql/secret.js';
import { lines, type Page } from './page.js';
import { renderTable } from './table.js';
import { formatAgo } from './time.js';

export function renderSecrets(secrets: readonly Secret[], page: Page): string {
  if (secrets.length === 0) return 'No secrets.';
  return renderTable(
    secrets,
    [
      { title: 'NAME', value: ({ name }) => name, flexible: true },
      { title: 'KEY', value: ({ keyId }) => keyId },
      { title: 'SET', value: ({ updatedAt }) => formatAgo(updatedAt, page.now) },
    ],
    page,
  );
}

export function renderRotation({ keyId, rotated, retiredKeyIds }: Rotation): string {
  const what = rotated === 1 ? '1 secret is' : `${rotated} secrets are`;
  return lines(
    `${what} encrypted anew, with the key ${keyId}.`,
    retiredKeyIds.length > 0 && `No longer needed: ${retiredKeyIds.join(', ')}.`,
  );
}
