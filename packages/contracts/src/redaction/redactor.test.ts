import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { harmlessLines } from './harmless-lines.fixture.js';
import { createRedactor, redactionMarksIn } from './index.js';

const value = 'v3ry+secret/value "of" ünïcode';
const known = createRedactor([{ name: 'DEPLOY_KEY', value }]);
const shapes = createRedactor();

describe('a known secret', () => {
  it.each([
    ['as it is', value],
    ['in JSON', JSON.stringify({ key: value }).slice(8, -2)],
    ['in a URL', encodeURIComponent(value)],
    ['in a form', encodeURIComponent(value).replaceAll('%20', '+')],
    ['in a URL in lower case', encodeURIComponent(value).replace(/%../g, (escape) => escape.toLowerCase())],
  ])('is taken out %s', (_, form) => {
    expect(known.text(`a ${form} b`)).toBe('a [redacted: DEPLOY_KEY] b');
  });

  it.each([0, 1, 2, 3, 4, 5])('is taken out of base64, with %i bytes before it', (before) => {
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = Buffer.from('x'.repeat(before) + value + 'and more').toString(encoding);
      const redacted = known.text(text);
      expect(redacted).toContain('[redacted: DEPLOY_KEY]');
      const left = redacted.replace(/\[redacted[^\]]*\]/g, '').length;
      expect(left).toBeLessThan(before * 2 + 'and more'.length * 2 + 4);
    }
  });

  it('is taken out of every text of a value, and of the names of its members', () => {
    const deep = { list: [{ text: `say ${value}` }], [value]: 1, at: new Date(0), nothing: null, count: 3 };
    expect(known.value(deep)).toEqual({
      ...{ list: [{ text: 'say [redacted: DEPLOY_KEY]' }], '[redacted: DEPLOY_KEY]': 1 },
      ...{ at: new Date(0), nothing: null, count: 3 },
    });
  });

  it('is taken out wherever it stands among others, and where they overlap', () => {
    const redactor = createRedactor([
      { name: 'A', value: 'abcdefgh' },
      { name: 'B', value: 'efghijklm' },
      { name: 'C', value: 'abcdefghXYZ' },
    ]);
    expect(redactor.text('abcdefghijklm abcdefghXYZ abcdefgh')).toBe('[redacted: A] [redacted: C] [redacted: A]');
  });

  it('is taken out line by line when it has several', () => {
    const key = ['first line of the key 123', 'second line of the key 456'];
    const redactor = createRedactor([{ name: 'KEY', value: key.join('\n') }]);
    expect(redactor.text(`     1\t${key[0]}\n     2\t${key[1]}`)).toBe(
      '     1\t[redacted: KEY]\n     2\t[redacted: KEY]',
    );
  });

  it('of several lines is none in those lines that many files have', () => {
    const value = [
      ...['-----BEGIN CERTIFICATE-----', 'MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUF', '-----END CERTIFICATE-----'],
      ...['"type": "service_account_of_many",', '"auth_uri": "https://accounts.google.com/o/oauth2/auth",'],
      ...[
        '"private_key_id": "0123456789abcdef0123456789abcdef",',
        'DB_PASSWORD=corr3ct-horse-battery',
        'url=db://app:pw@h0st.example',
      ],
    ];
    const redactor = createRedactor([{ name: 'KEY', value: value.join('\n') }]);
    const shown = value
      .map((line, at) => `${at} ${line}`)
      .map((line) => redactor.known(line).replace('[redacted: KEY]', '*'));
    expect(shown).toEqual([
      ...['0 -----BEGIN CERTIFICATE-----', '1 *', '2 -----END CERTIFICATE-----'],
      ...['3 "type": "service_account_of_many",', '4 "auth_uri": "https://accounts.google.com/o/oauth2/auth",'],
      ...['5 *', '6 *', '7 *'],
    ]);
    expect(redactor.known(`{"id":"0123456789abcdef0123456789abcdef"} corr3ct-horse-battery`)).toBe(
      '{"id":"[redacted: KEY]"} [redacted: KEY]',
    );
  });

  it('of several lines is taken out word by word, in whatever notation it is shown', () => {
    const redactor = createRedactor([{ name: 'KEY', value: 'user: me\npassword: abc123def456ghi789jkl\n' }]);
    for (const [before, after] of [
      ['PGPASSWORD=', ''],
      ['<password>', '</password>'],
      ['{"password":"', '"}'],
      ['https://host.example/?key=', '&x=1'],
    ])
      expect(redactor.known(`${before}abc123def456ghi789jkl${after}`)).toBe(`${before}[redacted: KEY]${after}`);
  });

  it('is taken out as JSON, URLs and shells of several languages have it', () => {
    const redactor = createRedactor([{ name: 'KEY', value: "a<b>&c/d'(é)!*" }]);
    for (const form of [
      ...["a\\u003cb\\u003e\\u0026c/d'(é)!*", "a<b>&c\\/d'(é)!*", "a<b>&c/d'(\\u00e9)!*"],
      ...[
        "a%3Cb%3E%26c%2Fd'(%C3%A9)!*",
        'a%3Cb%3E%26c%2Fd%27%28%C3%A9%29%21%2A',
        'a%3cb%3e%26c%2fd%27%28%c3%a9%29%21%2a',
      ],
    ])
      expect(redactor.known(`x ${form} y`)).toBe('x [redacted: KEY] y');
  });

  it('of fewer than eight characters is taken out only where it stands alone', () => {
    const redactor = createRedactor([
      { name: 'PIN', value: '4711' },
      { name: 'WORD', value: 'a.b' },
    ]);
    expect(redactor.text('pin 4711, "4711", 14711, 4711x, a.b axb')).toBe(
      'pin [redacted: PIN], "[redacted: PIN]", 14711, 4711x, [redacted: WORD] axb',
    );
  });

  it('that is empty, or white space, takes nothing out', () => {
    const redactor = createRedactor([
      { name: 'EMPTY', value: '' },
      { name: 'BLANK', value: ' \n ' },
    ]);
    expect(redactor.text('a text with spaces \n and lines')).toBe('a text with spaces \n and lines');
  });

  it('that is also a word of ours leaves what we branch on as it is', () => {
    const redactor = createRedactor([{ name: 'BAD', value: 'completed' }]);
    expect(redactor.value({ state: 'completed', detail: 'it is completed' })).toEqual({
      state: 'completed',
      detail: 'it is [redacted: BAD]',
    });
  });

  it('that looks like a digest of ours is taken out where we have digests, too', () => {
    const digest = '0123456789abcdef'.repeat(4);
    const redactor = createRedactor([{ name: 'KEY', value: digest }]);
    const other = digest.replace('0', '1');
    expect(redactor.value({ sessionId: digest, digest: other })).toEqual({
      sessionId: '[redacted: KEY]',
      digest: other,
    });
  });

  it('of eight characters with spaces around it, which is shorter without them, is taken out as a short one', () => {
    const redactor = createRedactor([{ name: 'PIN', value: ' 1234567\n' }]);
    expect(redactor.text('it is 1234567, not 12345678')).toBe('it is [redacted: PIN], not 12345678');
  });

  it('is one of any number of them', () => {
    const secrets = Array.from({ length: 150_000 }, (_, at) => ({
      name: `KEY_${at}`,
      value: `secret value ${at} of many`,
    }));
    expect(createRedactor(secrets).text('the secret value 149999 of many is it')).toBe(
      'the [redacted: KEY_149999] is it',
    );
  });
});

describe('a short secret', () => {
  it.each(['12-34', 'a.b', '1*2', '(x)', 'a|b', '[1]', '^$', '\\d', 'a/b', '{2}', '-', '?+'])(
    'may have any sign in it: %s',
    (short) => {
      const redactor = createRedactor([{ name: 'PIN', value: short }]);
      expect(redactor.text(`it is "${short}", is it`)).toBe('it is "[redacted: PIN]", is it');
      expect(redactor.text('it is "1234", is it')).toBe('it is "1234", is it');
    },
  );
});

describe('a part of a secret', () => {
  const secret = 'sk-ant-api03-k7Qz';
  const redactor = createRedactor([{ name: 'KEY', value: secret }]);

  it('is not told from any other text, also where it is said to be cut: or each letter that is guessed would be answered', () => {
    const long = ' line'.repeat(60);
    for (const guess of ['sk-ant-api03-k7Q', 'sk-ant-api03-k7X', 'k-ant-api03-k7Qz'])
      for (const text of [
        `x ${guess}\n[... 1234 bytes cut ...]\n${guess} y`,
        `${guess}\n[... 99 bytes left out here ...]\n${guess}`,
        `${guess} [... 7 more characters]`,
        `${guess}… (9999 characters in all)`,
        guess + long,
        `${long} it is ${guess}`,
      ])
        expect([redactor.known(text), redactor.text(text).includes('KEY')]).toEqual([text, false]);
  });

  it('is no word of ours that happens to be the end of one', () => {
    const words = createRedactor([{ name: 'KEY', value: 'sk-stored-in-the-workspace' }]);
    expect(words.value({ scope: 'workspace', text: 'workspace' })).toEqual({ scope: 'workspace', text: 'workspace' });
  });

  it('is taken out when it is a token that nobody told us of', () => {
    expect(shapes.text('x ghp_0123456789ab\n[... 99 bytes cut ...]\nrest')).toBe(
      'x [redacted: part of a token]\n[... 99 bytes cut ...]\nrest',
    );
    expect(shapes.text('abcdefghijklmnop\nqrstuvwxyz012345==\n-----END RSA PRIVATE KEY-----\nok')).toBe(
      '[redacted: private key]\nok',
    );
  });
});

describe('what looks like a token', () => {
  const pem = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEowIBAAKCAQEAu1SU1LfVLPHCozMx\n'.repeat(4)}-----END RSA PRIVATE KEY-----`;
  it.each([
    ['AWS access key', 'AKIAIOSFODNN7EXAMPLE'],
    ['GitHub token', `ghp_${'a1B2'.repeat(9)}`],
    ['GitHub token', `github_pat_${'a1B2_'.repeat(12)}`],
    ['GitLab token', `glpat-${'a1B2-'.repeat(4)}`],
    ['Slack token', 'xoxb-123456789012-abcdefABCDEF'],
    ['Stripe key', `sk_live_${'a1B2'.repeat(6)}`],
    ['Anthropic key', `sk-ant-api03-${'a1B2-'.repeat(12)}`],
    ['OpenAI key', `sk-proj-${'a1B2_'.repeat(12)}`],
    ['OpenAI key', `sk-${'a1B2'.repeat(12)}`],
    ['Google key', `AIza${'a1B2_'.repeat(7)}`],
    ['JSON web token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N'],
    ['private key', pem],
    ['private key', pem.replaceAll('\n', '\\n')],
    ['private key', pem.replaceAll('\n', '\n    12\t')],
    ['private key', pem.replace('-----END RSA PRIVATE KEY-----', '')],
    ['gateway token', `fgw_${'a1B2_'.repeat(8)}abc`],
    ['Fermata token', `fermata_${'a1B2-'.repeat(8)}abc`],
  ])('is taken out: %s', (name, token) => {
    for (const [before, after] of [
      ['', ''],
      ['key=', ';'],
      ['"', '"'],
      ['\\n', ' '],
      ['\n', '\n'],
    ] as const)
      expect(shapes.text(before + token.trim() + after)).toBe(`${before}[redacted: ${name}]${after}`);
  });

  it('is taken out of a URL without the rest of it', () => {
    expect(shapes.text('git clone https://user:pa55w0rd-of-12@example.com/a.git')).toBe(
      'git clone https://[redacted: login]@example.com/a.git',
    );
  });
});

describe('a private key that is shown line by line', () => {
  const lines = [
    '-----BEGIN PRIVATE KEY-----',
    ...Array.from({ length: 6 }, () => 'MIIEowIBAAKCAQEAu1SU1LfVLPHCozMx'),
    '-----END PRIVATE KEY-----',
  ];

  it.each(['-', '+', '> ', '; ', '%', '# ', '// ', '    12\t', '\u001b[31m-'])(
    'with %j before each line is taken out',
    (before) => {
      const shown = (of: readonly string[], newline: string) =>
        shapes.text(of.map((line) => before + line).join(newline));
      for (const newline of ['\n', '\\n'])
        for (const of of [lines, lines.slice(0, 4)]) {
          expect(shown(of, newline)).toContain('[redacted: private key]');
          expect(shown(of, newline)).not.toContain('MIIE');
        }
      expect(shown(lines.slice(2), '\n')).not.toContain('MIIE');
    },
  );

  it('does not begin with a header alone, as code has it that reads keys', () => {
    const code = "const header = '-----BEGIN PRIVATE KEY-----';\nconst somethingOfTwentyLetters = another > header;\n";
    const list = '"-----BEGIN PRIVATE KEY-----",\n- "packages/contracts/src/keys",\nserviceAccountCredentials\n';
    const end = 'foo\nbar\n\n12345\n-----END PRIVATE KEY-----\n';
    for (const text of [code, list, end]) expect(shapes.text(text)).toBe(text);
  });
});

describe('a token in a line that a patch adds', () => {
  const patch = '@@\n-nothing\n+AKIAIOSFODNN7EXAMPLE\n';

  it('is taken out behind an escape or a colour', () => {
    for (const before of ['\u001b[1;32m', '\\u001b[32m', 'k%3D', 'k\\u003d', '\\\\\\n'])
      expect(shapes.text(`x ${before}AKIAIOSFODNN7EXAMPLE`)).toBe(`x ${before}[redacted: AWS access key]`);
  });

  it('is taken out, also where the patch is in JSON', () => {
    expect(shapes.text(patch)).toBe('@@\n-nothing\n+[redacted: AWS access key]\n');
    expect(shapes.text(JSON.stringify({ patch }))).toContain('+[redacted: AWS access key]');
  });
});

describe('known secrets alone', () => {
  const token = 'AKIAIOSFODNN7EXAMPLE';

  it('are taken out where a token is to stay, also where both are one', () => {
    const text = `${value} ${token} ${'line '.repeat(60)} ghp_abcdefgh`;
    expect(known.known(text)).toBe(text.replace(value, '[redacted: DEPLOY_KEY]'));
    expect(known.known([{ text }])).toEqual([{ text: known.known(text) }]);
    expect(known.text(text)).toContain('[redacted: AWS access key]');
    expect(known.text(text)).toContain('[redacted: part of a token]');
    const both = createRedactor([{ name: 'TOKEN', value: token }]);
    expect([both.known(token), both.text(token)]).toEqual(['[redacted: TOKEN]', '[redacted: TOKEN]']);
  });
});

describe('a login in a URL', () => {
  it.each(['postgres:postgres', 'user:password', 'app:secret', 'admin:admin123'])(
    'that is an example of one, %s, is left: code and its tests are full of them',
    (login) => {
      const url = `postgres://${login}@localhost:5432/app`;
      expect(shapes.text(url)).toBe(url);
    },
  );
});

describe('what is written as a mark', () => {
  it.each(['[redacted: AKIAIOSFODNN7EXAMPLE]', `[redacted: ${value}]`, '[redacted: KEY AKIAIOSFODNN7EXAMPLE]'])(
    'and is none of ours hides nothing: %s',
    (text) => {
      expect(known.text(text)).not.toMatch(/AKIAIOSFODNN7EXAMPLE|v3ry/);
    },
  );

  it('is none of ours where more than it is secret', () => {
    const redactor = createRedactor([
      { name: 'A', value: 'before [redacted: B]' },
      { name: 'B', value: 'something' },
    ]);
    expect(redactor.text('before [redacted: B]')).toBe('[redacted: A]');
  });
});

describe('redaction', () => {
  it('leaves harmless lines as they are', () => {
    expect(harmlessLines.length).toBeGreaterThan(200);
    expect(harmlessLines.filter((line) => shapes.text(line) !== line)).toEqual([]);
    expect(shapes.text(harmlessLines.join('\n'))).toBe(harmlessLines.join('\n'));
  });

  it('keeps members apart whose names are secrets', () => {
    const [one, other] = [`ghp_${'a1B2'.repeat(9)}`, `ghp_${'b1B2'.repeat(9)}`];
    expect(shapes.value({ [one]: 1, [other]: 2 })).toEqual({
      '[redacted: GitHub token]': 1,
      '[redacted: GitHub token] 2': 2,
    });
    const many = Array.from({ length: 8 }, () => `sk-A1${'a'.repeat(298)}`);
    expect(shapes.text(many.join(''))).toBe('[redacted: OpenAI key]'.repeat(8));
  });

  it('gives the same value, not another one like it, where there is nothing to take out', () => {
    const value = { list: ['a', { b: 'c' }], n: 1 };
    expect(known.value(value)).toBe(value);
  });

  it('leaves nothing for a second time, whatever stands beside each other', () => {
    const secrets = ['hunter2hunter2', '4711', value, 'first-line-12345678\nsecond-line-12345678'];
    const redactor = createRedactor(secrets.map((secret, at) => ({ name: `KEY_${at}`, value: secret })));
    const pieces = [
      ...secrets,
      ...['AKIAIOSFODNN7EXAMPLE', `AIza${'a1B2_'.repeat(7)}`, `ghp_${'a1B2'.repeat(9)}`, 'ghp_0123456789ab'],
      ...[
        '[redacted: KEY_0]',
        '[redacted: ',
        ']',
        '[... 7 bytes cut ...]',
        '\n',
        ' ',
        'x',
        '=',
        '/',
        'line '.repeat(60),
      ],
      ...[Buffer.from(value).toString('base64'), '-----BEGIN PRIVATE KEY-----\n', 'MIIEowIBAAKCAQEAu1SU1LfVLPHC'],
    ];
    let state = 7;
    const next = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    for (let count = 0; count < 2_000; count += 1) {
      const text = Array.from({ length: 1 + next(6) }, () => pieces[next(pieces.length)]).join('');
      const once = redactor.text(text);
      expect(redactor.text(once)).toBe(once);
      expect(once).not.toMatch(/hunter2hunter2|v3ry|-line-/);
    }
  });

  it('leaves a lock file as it is', () => {
    const lock = readFileSync(new URL('../../../../package-lock.json', import.meta.url), 'utf8');
    expect(shapes.text(lock)).toBe(lock);
  });

  it('changes nothing the second time', () => {
    const redactor = createRedactor([
      { name: 'KEY', value: 'redacted' },
      { name: 'SHORT', value: 'KEY' },
      { name: 'LONG', value },
    ]);
    const once = redactor.text(`a ${value}, KEY, redacted, AKIAIOSFODNN7EXAMPLE`);
    expect(redactor.text(once)).toBe(once);
    expect(redactionMarksIn(once)).toEqual([
      ...['[redacted: LONG]', '[redacted: SHORT]', '[redacted: KEY]', '[redacted: AWS access key]'],
    ]);
  });
});
