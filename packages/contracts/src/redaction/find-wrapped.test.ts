import { describe, expect, it } from 'vitest';
import { createRedactor } from './index.js';

const value = 'v3ry+secret/value "of" ünïcode';
const redactor = createRedactor([{ name: 'DEPLOY_KEY', value }]);

describe('base64 that is broken into lines', () => {
  const shownAs: Record<string, (lines: readonly string[]) => string> = {
    'as it is': (lines) => lines.join('\n'),
    'as Windows has it': (lines) => lines.join('\r\n'),
    'with numbers': (lines) => lines.map((line, at) => `     ${at + 1}\t${line}`).join('\n'),
    'added by a patch': (lines) => lines.map((line) => `+${line}`).join('\n'),
    'removed by a patch': (lines) => lines.map((line) => `-${line}`).join('\n'),
    'in YAML': (lines) => ['key: |', ...lines.map((line) => `  ${line}  `)].join('\n'),
    quoted: (lines) => lines.map((line) => `> ${line}`).join('\n'),
    'in colours': (lines) => lines.map((line) => `\u001b[32m${line}\u001b[0m`).join('\n'),
    'in a patch in colours': (lines) => lines.map((line) => `\u001b[31m-${line}\u001b[m`).join('\n'),
    'found by grep': (lines) => lines.map((line, at) => `key.txt:${at + 1}:${line}`).join('\n'),
    'in a log': (lines) => lines.map((line) => `2026-01-31T09:30:00.000Z api | ${line}`).join('\n'),
    'in a command': (lines) => `echo "${lines.join('\n')}" | base64 -d`,
    'of a variable': (lines) => `KEY=${lines.join('\n')}`,
  };
  const places = Array.from({ length: value.length - 14 }, (_, at) => at + 2);
  /** Of any twelve characters of it, wherever they begin in a group of base64. */
  const partsOfEncoded = places.flatMap((from) =>
    ['', 'x', 'xx'].map((before) =>
      Buffer.from(before + value.slice(from, from + 12))
        .toString('base64')
        .slice(4, 16),
    ),
  );
  it.each(Object.keys(shownAs))('has no secret in it: %s', (how) => {
    for (const columns of [48, 64, 76])
      for (const before of [0, 1, 7, 50, 110]) {
        const encoded = Buffer.from('x'.repeat(before) + value.repeat(2) + ' and more of it'.repeat(9)).toString(
          'base64',
        );
        const lines = encoded.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
        const redacted = redactor.text(`$ base64 it\n${shownAs[how]?.(lines) ?? ''}\nit is done`);
        expect(redacted).toMatch(/^\$ base64 it\n[^]*\[redacted: DEPLOY_KEY\][^]*\nit is done$/);
        const left = redacted
          .replaceAll('[redacted: DEPLOY_KEY]', '')
          .replaceAll(/\s+(?:\d+\t|key.txt:\d+:|\S+ api \| )?[+> -]*/g, '');
        for (const part of partsOfEncoded) expect(left).not.toContain(part);
      }
  });
});
