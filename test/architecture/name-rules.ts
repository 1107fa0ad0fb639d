import { basename } from 'node:path';
import type { Source } from './source-tree.js';
import type { Finding } from './syntax.js';

/** What a suffix says about a file: where it may lie and what it must hold. */
interface Role {
  within?: RegExp;
  holds?: RegExp;
}

const roles: Readonly<Record<string, Role>> = {
  test: {},
  fixture: {},
  schema: {},
  resolver: { within: /^apps\/api\//, holds: /^@Resolver\(/m },
  service: { within: /^apps\/api\//, holds: /^@Injectable\(/m },
  module: { within: /^apps\/api\//, holds: /^@Module\(/m },
  controller: { within: /^apps\/api\//, holds: /^@Controller\(/m },
  model: { within: /^apps\/api\//, holds: /^@(ObjectType|InterfaceType)\(|^register/m },
  input: { within: /^apps\/api\//, holds: /^@(InputType|ArgsType)\(/m },
  workflow: { within: /^packages\/workflows\//, holds: /^export async function /m },
  state: { within: /^packages\/workflows\// },
  policy: { within: /^packages\/workflows\// },
  activities: { within: /^packages\/activities\// },
  repository: { within: /^packages\/database\// },
  reader: { within: /^packages\/database\// },
  tool: { within: /^packages\/core\/src\/tools\// },
  tools: { within: /^packages\/core\/src\/tools\// },
  worker: { within: /^packages\/core\// },
  main: { within: /^packages\/core\// },
  messages: { within: /^packages\/core\// },
  setup: { within: /^test\/support\// },
};

/** Decorators that make a file what a suffix says. */
const marks: readonly (readonly [RegExp, string])[] = [
  [/^@Resolver\(/m, 'resolver'],
  [/^@Module\(/m, 'module'],
  [/^@Controller\(/m, 'controller'],
  [/^@InputType\(/m, 'input'],
];

const dumps = /^(utils?|helpers?|misc|common-types|types|interfaces|constants)$/;

function suffixesOf(path: string): { stem: string; suffixes: string[] } {
  const [stem = '', ...rest] = basename(path).split('.');
  return { stem, suffixes: rest.slice(0, -1) };
}

function suffixFinding({ path, text }: Source, suffix: string, isOnly: boolean): string | undefined {
  const role = roles[suffix];
  if (!role) return `.${suffix} is no role`;
  if (role.within && !role.within.test(path)) return `.${suffix} does not belong here`;
  return isOnly && role.holds && !role.holds.test(text) ? `holds no ${suffix}` : undefined;
}

function nameFindings(source: Source): string[] {
  const { stem, suffixes } = suffixesOf(source.path);
  const folders = source.path.split('/').map((part) => part.replace(/\.[a-z.]+$/, ''));
  return [
    /^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem) ? undefined : 'not kebab-case',
    folders.some((part) => dumps.test(part)) ? 'names no concept' : undefined,
    ...suffixes.map((suffix) => suffixFinding(source, suffix, suffixes.length === 1)),
    ...marks.map(([mark, suffix]) =>
      mark.test(source.text) && !suffixes.includes(suffix) ? `holds a ${suffix} without its suffix` : undefined,
    ),
  ].filter((finding) => finding !== undefined);
}

/** Names that do not say what a file is: kebab-case, one concept, a suffix that is a role. */
export function badNames(sources: readonly Source[]): Finding[] {
  return sources.flatMap((source) => nameFindings(source).map((what) => ({ at: source.path, what })));
}
