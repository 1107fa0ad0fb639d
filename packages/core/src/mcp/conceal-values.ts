import type { McpServer } from '@fermata/contracts';

const secretName = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH/i;
/** What is shorter is more likely a word that stands elsewhere too. */
const shortestSecret = 8;

/** The values of a server's configuration that may be secrets: headers, those in its address, variables named like one. */
export function secretsOf(server: McpServer): string[] {
  const named =
    server.transport === 'http'
      ? [...Object.values(server.headers), ...new URL(server.url).searchParams.values()]
      : Object.entries(server.env).flatMap(([name, value]) => (secretName.test(name) ? value : []));
  const words = named.flatMap((value) => [value, ...value.split(/\s+/)]);
  return [...new Set(words)].filter((word) => word.length >= shortestSecret);
}

/** A text without the given values, wherever a server has repeated them. */
export function concealValues(text: string, values: readonly string[]): string {
  return values.reduce((shown, value) => shown.replaceAll(value, '[concealed]'), text);
}
