import type { PolicyDecision } from '../graphql/policy.js';
import { blocks, fields, type Page } from './page.js';
import { renderTable } from './table.js';

export function renderPolicyDecision({ effect, rule, reason, dangers, commands }: PolicyDecision, page: Page): string {
  const { style, width } = page;
  return blocks(
    style.bold(effect),
    fields([
      ['decided by', rule],
      ['because', reason],
      ['dangers', dangers.join(', ') || null],
    ]),
    commands.length > 0 &&
      renderTable(
        commands,
        [
          { title: 'COMMAND', value: ({ argv }) => argv.join(' '), flexible: true },
          { title: 'THROUGH', value: ({ from }) => from.join(' > ') },
          { title: 'EFFECT', value: (judged) => judged.effect },
          { title: 'DECIDED BY', value: (judged) => judged.rule },
        ],
        { style, width },
      ),
  );
}
