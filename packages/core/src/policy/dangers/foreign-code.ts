import { codeLiterals } from '../shell/code-literals.js';
import { hostOf } from '../shell/network-use.js';
import { resolvePath, siteOf } from '../shell/paths.js';
import { credentialInCode } from './credentials.js';
import { type DangerCheck, type DangerFinding, type DangerWorld, finding } from './danger-check.js';
import { droppingStatement } from './databases.js';
import { deleteFinding } from './deletes.js';
import { isListed, isMetadataHost } from './exfiltration.js';
import { writeFinding } from './persistence.js';
import { fetches } from './running-code.js';
import { isDevice } from './system.js';

/** Code of a language other than the shell's, as it stands on a command line. */
interface ForeignCode {
  text: string;
  literals: readonly string[];
  cwd: string;
  world: DangerWorld;
}

type CodeCheck = (code: ForeignCode) => readonly DangerFinding[];

/** Calls that delete a folder with all that is in it. The argument is the first group. */
const treeDeletes =
  /\b(?:rmtree|rm_rf|rm_r|remove_entry(?:_secure)?|remove_tree|rimraf(?:\.sync|Sync)?|removeSync|emptyDirSync|emptyDir|remove_dir_all|deleteTree|RemoveAll|removedirs|FileUtils\.rm\w*|Remove-Item|delete-directory)\b(?:\s*\(\s*|\s+(?=['"$@]))([^,)\n;]{0,300})|\b(?:rmSync|rmdirSync|fs\.rm|promises\.rm|rm|rmdir)\s*\(\s*([^,)\n;]{0,300}),[^)]{0,200}recursive/g;
const home = /\b(HOME|homedir|home_dir|expanduser|Path\.home|Dir\.home|USERPROFILE)\b/;

const deletes: CodeCheck = ({ text, cwd, world }) =>
  [...text.matchAll(treeDeletes)].flatMap(([, first, second]) => {
    const argument = (first ?? second ?? '').trim();
    const [literal] = codeLiterals(argument);
    if (home.test(argument)) return finding('delete-outside', argument);
    // A path that is put together from parts of which one is a plain name is below where the code runs.
    if (literal === undefined || literal.text === '')
      return finding('unparsed', `which folder it deletes: ${argument}`);
    if (!/^['"`][^'"`]*['"`]$/.test(argument) && siteOf(resolvePath(cwd, literal.text), world.place) === 'outside') {
      return finding('delete-outside', argument);
    }
    const path = literal.text.startsWith('~') ? world.place.home + literal.text.slice(1) : literal.text;
    return deleteFinding(resolvePath(cwd, path), world);
  });

const credentials: CodeCheck = ({ literals, text, world }) => {
  const found = literals.find((one) => credentialInCode(one, world) && (/^[~/]/.test(one) || home.test(text)));
  return found === undefined ? [] : finding('credential-read', found);
};

const runs =
  /\b(eval|exec|execfile|compile|Function|runInThisContext|runInNewContext|vm|system|popen|subprocess|child_process|spawn\w*|execSync|instance_eval|loadstring|Invoke-Expression|iex)\b/i;
const decodes =
  /b64decode|base64|fromhex|fromCharCode|atob\s*\(|unhexlify|\bchr\s*\(|rot_?13|decode64|unpack\s*\(|pack\s*\(|codecs\.decode|\[::-1\]|\.reverse\s*\(|zlib\.decompress|marshal\.loads|['"]hex['"]/;

const unseen: CodeCheck = ({ text }) => {
  if (!runs.test(text)) return [];
  if (fetches.test(text) || /\b(iwr|irm|Invoke-WebRequest|DownloadString)\b/i.test(text)) {
    return /\b(eval|exec|execfile|compile|Function|vm|instance_eval|loadstring|Invoke-Expression|iex|system|popen|execSync)\b/i.test(
      text,
    )
      ? finding('pipe-to-shell', 'code that downloads and runs')
      : [];
  }
  return decodes.test(text) ? finding('pipe-to-shell', 'code that decodes and runs') : [];
};

/** It starts a program that no literal of the code names. */
const unnamed: CodeCheck = ({ text, literals }) => {
  const starts =
    /\b(os\.system|os\.popen|subprocess\.\w+|execSync|spawnSync|child_process['"]\)\.\w+|shell_exec|passthru|proc_open|system|getoutput)\s*\(\s*(?!['"`[\s)])[\w(]/.exec(
      text,
    );
  const isFormatted =
    /\b(system|popen|execSync|subprocess)\b/.test(text) && literals.some((one) => /^\s*(%s|\{\w*\})/.test(one));
  if (isFormatted) return finding('unparsed', 'which program it starts is put together when it runs');
  const names = literals.filter((one) => !/^(os|child_process|node:child_process|subprocess|fs|-?c|utf-?8)$/.test(one));
  return starts === null || names.length > 0 ? [] : finding('unparsed', `which program it starts: ${starts[0]}`);
};

const writes = /\bopen\b|write|append|copyfile|rename|symlink|remove|unlink|Set-Content|Out-File|>/i;
const surelyWrites = /['"]([wax]b?\+?|r\+)['"]|['"]\s*>|>\s*['"]|write|append|rename|symlink|copyfile|remove|unlink/i;
const walks = /\b(os\.walk|glob|rglob|iglob|readdir\w*|scandir|listdir|Find\.find|File::Find)\b/;

const files: CodeCheck = ({ text, literals, cwd, world }) => {
  if (!writes.test(text)) return [];
  const paths = literals.map((one) => pathOf(one, world)).filter((path) => path !== null);
  const device = paths.find(isDevice);
  if (device !== undefined) return finding('device-write', device);
  const outside = paths.find((path) => siteOf(path, world.place) === 'outside');
  if (walks.test(text) && /remove|unlink|rmdir/i.test(text) && outside !== undefined)
    return finding('delete-outside', outside);
  return surelyWrites.test(text) ? paths.flatMap((path) => writeFinding(resolvePath(cwd, path), world)) : [];
};

/** A literal that is an absolute path. Perl writes what it does with a file before its name. */
function pathOf(literal: string, { place }: DangerWorld): string | null {
  const plain = literal.replace(/^[<>+|\s]+/, '');
  if (!/^[~/]/.test(plain) || /\s/.test(plain)) return null;
  return resolvePath('/', plain.startsWith('~') ? place.home + plain.slice(1) : plain);
}

const senders =
  /\brequests\.(post|put|patch)|urlopen\s*\([^)]{0,300}data|method\s*:\s*['"](POST|PUT|PATCH)|\bhttps?\.request\b|\bsocket\b|create_connection|net\.(connect|createConnection)|smtplib|ftplib|IO::Socket|TCPSocket|fsockopen|httpx\.(post|put)|axios\.(post|put)/i;
const readers =
  /\bopen\s*\(|readFile|read_text|read_bytes|environ|process\.env|File\.read|file_get_contents|\bdup2\b|\bpty\b|\/bin\/(ba)?sh|\bsubprocess\b|child_process/;

const dumps = /\bos\.environ\b(?!\s*(\[|\.get))|\bprocess\.env\b(?!\s*[.[])|\bENV\.to_h|%ENV\b/;

const sending: CodeCheck = ({ text, literals, world }) => {
  const hosts = literals.flatMap(hostsIn);
  const secret = hosts.find((host) => host !== null && isMetadataHost(host));
  if (typeof secret === 'string') return finding('credential-read', secret);
  const unlisted = hosts.find((host) => !isListed(host, world.hosts));
  if (unlisted === undefined) return [];
  const isRemote = senders.test(text) || fetches.test(text);
  if (isRemote && dumps.test(text)) return finding('environment-leak', unlisted ?? '');
  return senders.test(text) && readers.test(text) ? finding('exfiltration', unlisted ?? '') : [];
};

function hostsIn(literal: string): (string | null)[] {
  return /^[a-z]+:\/\//i.test(literal) || /^[\w-]+(\.[\w-]+)+$/.test(literal) ? [hostOf(literal)] : [];
}

const database =
  /sqlite3|psycopg|mysql|\bpg\b|postgres|sequelize|knex|prisma|mongo|redis|sqlalchemy|DBI|PDO|ActiveRecord|better-sqlite/i;

const dropping: CodeCheck = ({ text, literals }) => {
  if (!database.test(text)) return [];
  const found = literals.map(droppingStatement).find((statement) => statement !== null);
  if (found !== undefined && found !== null) return finding('database-drop', found);
  return /dropDatabase|flushall|flushdb/i.test(text) ? finding('database-drop', 'drop of a whole database') : [];
};

const processes: CodeCheck = ({ text }) => {
  if (/\bfork\b[^;\n]{0,100}\bwhile\b|\bwhile\b[\s\S]{0,40}\bfork\b|\bfork\s*(and|&&)?\s*fork\b/.test(text))
    return finding('fork-bomb', 'fork without end');
  return /\bkill\w*\s*\(\s*-1\b|\bkill\s+['"]?(9|KILL)['"]?\s*,\s*-1/.test(text)
    ? finding('system', 'kill of every process')
    : [];
};

/** Longer than anybody writes on a command line. */
const maxLength = 60_000;

const checks: readonly CodeCheck[] = [deletes, credentials, unseen, unnamed, files, sending, dropping, processes];

/**
 * What code of other languages does that belongs to the deny table. It is not parsed: its string literals are looked at,
 * and the names of what it calls.
 */
export const foreignCode: DangerCheck = ({ code, cwd }, world) => {
  if (code === undefined || code.language === 'shell' || code.language === 'sed' || code.text === null) return [];
  const { text } = code;
  if (text.length > maxLength) return finding('unparsed', `${text.length} characters of code`);
  const literals = codeLiterals(text).map((one) => one.text);
  return checks.flatMap((check) => check({ text, literals, cwd, world }));
};
