import { describe, expect, it } from 'vitest';
import { place } from '../corpus/corpus.fixture.js';
import { showMarked } from './marks.js';
import { readCommandLine } from './read-command-line.js';

const read = (line: string) => readCommandLine(line, place.worktree, place);
/** The commands of a line as people would write them. */
const commandsOf = (line: string) =>
  read(line)
    .commands.filter(({ words, guessed }) => words.length > 0 && !guessed)
    .map(({ words }) => words.map(showMarked).join(' '));
const foldersOf = (line: string) =>
  read(line)
    .commands.filter(({ program }) => program === 'x')
    .map(({ cwd }) => showMarked(cwd));

describe('the words of a command', () => {
  it.each([
    ["r\\m \"a b\"'c'$'\\x64'", ['rm a bcd']],
    ['x {a,"b c"} p{1..3}q {z}', ['x a b c p1q p2q p3q {z}']],
    ['x a{b,c{d,e}}', ['x ab acd ace']],
    ['x ~ ~/a "~" a=~/b --c=~/d', ['x /home/agent /home/agent/a ~ a=/home/agent/b --c=~/d']],
    ['x *.ts a?b [ab]c "*"', ['x *.ts a*b *c *']],
    ['x $? $$ $RANDOM', ['x * * *']],
    ['x "$UNKNOWN" $UNKNOWN a"$UNKNOWN"b', ['x … … a…b']],
    ['a="1 2"; x $a "$a"', ['x 1 2 1 2']],
    ['a=(1 "2 3"); x "${a[@]}" ${a[0]} $a ${#a[@]}', ['x 1 2 3 1 1 *']],
    ['a=; x $a "$a" b', ['x  b']],
    ['a=b; a+=c; x $a', ['x bc']],
    ['a=/b/c.txt; x ${a##*/} ${a%/*} ${a%.txt} ${a/b/d} ${a:1:1} ${a^^}', ['x c.txt /b /b/c /d/c.txt b /B/C.TXT']],
    ['a=b; x ${a:-c} ${b:-c} ${a:+d}', ['x b … d']],
    [
      'x $(echo a b) "$(printf \'%s-%s\' c d)" `pwd`',
      ['echo a b', 'printf %s-%s c d', 'pwd', 'x a b c-d /srv/work/task'],
    ],
    ['x $(y)', ['y', 'x …']],
    ['set -- a b; x "$@" $2 $#; shift; x $1', ['set -- a b', 'x a b b *', 'shift', 'x b']],
    ['x $((1 + $(y)))', ['y', 'x *']],
    ['IFS=,; a=b,c; x $a', ['x …']],
  ])('%s', (line, expected) => expect(commandsOf(line)).toEqual(expected));
});

describe('what is not known after a choice', () => {
  it.each([
    ['if a; then v=1; else v=2; fi; x $v', 'x …'],
    ['v=1; a || v=2; x $v', 'x …'],
    ['v=1; a && v=2; x $v', 'x 2'],
    ['v=1; a || exit; x $v', 'x 1'],
    ['case $z in a) v=1;; *) v=1;; esac; x $v', 'x …'],
    ['v=1; (v=2); x $v', 'x 1'],
    ['v=1; v=2 | a; x $v', 'x 1'],
    ['v=1; while a; do x $v; v=2; done', 'x …'],
    ['for v in 1 2; do :; done; x $v', 'x 2'],
    ["v=1; sh -c 'x $v'", 'x …'],
    ["export v=1; sh -c 'x $v'", 'x 1'],
    ["v=1 sh -c 'x $v'", 'x 1'],
    ['read v; x $v', 'x …'],
    ['read v <<< 1; x $v', 'x 1'],
    ['f() { x $1; }; f 3', 'x 3'],
    ['f() { x $1; }', 'x …'],
    ['f() { local v=2; }; v=1; f; x $v', 'x 2'],
  ])('%s', (line, expected) => expect(commandsOf(line).filter((one) => one.startsWith('x '))).toEqual([expected]));
});

describe('the folder a command runs in', () => {
  it.each([
    ['x', '/srv/work/task'],
    ['cd a && x', '/srv/work/task/a'],
    ['cd a; cd ../..; x', '/srv/work'],
    ['cd; x', '/home/agent'],
    ['cd a; cd b; cd -; x', '/srv/work/task/a'],
    ['pushd a; pushd /b; popd; x', '/srv/work/task/a'],
    ['(cd a); x', '/srv/work/task'],
    ['cd a | b; x', '/srv/work/task'],
    ['cd "$A"; x', '…'],
    ['cd "$A/b/.."; x', '…'],
    ['a || cd b; x', '…'],
    ['cd a || exit 1; x', '/srv/work/task/a'],
    ['env -C a x', '/srv/work/task/a'],
    ['cd "$(git rev-parse --show-toplevel)/a"; x', '/srv/work/task/a'],
    ['f() { cd a; }; f; x', '/srv/work/task/a'],
  ])('%s', (line, expected) => expect(foldersOf(line)).toEqual([expected]));
});

describe('what commands run', () => {
  it.each([
    ['env -i A=b nice -n 5 x y', ['env -i A=b nice -n 5 x y', 'nice -n 5 x y', 'x y']],
    ['bash -ec \'x "$1"\' _ y', ['bash -ec x "$1" _ y', 'x y']],
    ['echo x y | sh', ['echo x y', 'sh', 'x y']],
    ['sh <<E\nx y\nE', ['sh', 'x y']],
    ['eval x "y"', ['eval x y', 'x y']],
    ['. <(echo x)', ['echo x', '. /dev/fd/p0', 'x']],
    ['find a -name "*.b" -exec x {} \\;', ['find a -name *.b -exec x {} ;', 'x /srv/work/task/a/*/*.b']],
    ['echo a b | xargs -n1 x', ['echo a b', 'xargs -n1 x', 'x a b']],
    ['y | xargs x', ['y', 'xargs x', 'x …']],
    ['echo x > a.sh; sh a.sh', ['echo x', 'sh a.sh', 'x']],
    ["git -c alias.a='!x y' a z", ['git -c alias.a=!x y a z', 'x y z']],
    ['git bisect run x y', ['git bisect run x y', 'x y']],
    ['GIT_EDITOR="x y" git commit', ['git commit', 'x y']],
    ['docker run --rm -e A=b -it img x y', ['docker run --rm -e A=b -it img x y', 'x y']],
    ['docker compose exec -T db x', ['docker compose exec -T db x', 'x']],
    ['ssh -p 22 host x y', ['ssh -p 22 host x y', 'x y']],
    ['kubectl exec -it pod -c a -- x', ['kubectl exec -it pod -c a -- x', 'x']],
    ["trap 'x y' EXIT", ['trap x y EXIT', 'x y']],
    ['x() { y; }; timeout 5 x', ['timeout 5 x', 'x', 'y']],
  ])('%s', (line, expected) => expect(commandsOf(line)).toEqual(expected));

  it('guesses the commands in the code of other languages', () => {
    const guessed = read("python3 -c \"import subprocess; subprocess.run(['x', '-y', 'z'])\"").commands.filter(
      (one) => one.guessed,
    );
    expect(guessed.map(({ words }) => words.join(' '))).toContain('x -y z');
    expect(read('python3 -c "print(\'x y\')"').commands.filter((one) => one.guessed)).toEqual([]);
  });

  it('knows what was piped and substituted into a command', () => {
    const [, , sink] = read('a | b | c').commands;
    expect(sink?.upstream.map(({ program }) => program)).toEqual(['a', 'b']);
    const user = read('v=$(a); c "$v"').commands.at(-1);
    expect(user?.suppliers.map(({ program }) => program)).toEqual(['a']);
  });
});

describe('what is not followed', () => {
  it.each([
    ['echo "', 'the command line cannot be parsed'],
    ['a \u0007', 'the command line holds control characters'],
    ['a \u202e', 'the command line holds control characters'],
    ['a \ue000', 'the command line holds characters of the private use area'],
    ["sh -c 'echo \"'", 'what sh -c runs cannot be parsed'],
    ['echo "${x@P}"', 'a value is expanded a second time'],
    ["x='a[$(b)]'", 'a value holds a command inside a subscript'],
    ['LD_PRELOAD=a b', 'LD_PRELOAD makes programs run code from elsewhere'],
  ])('%s', (line, problem) => expect(read(line).problems[0]?.reason).toContain(problem));

  it('leaves nothing out when nothing is wrong', () => {
    expect(read('a | b && c; d &').problems).toEqual([]);
  });

  it('finds processes that start themselves without end', () => {
    expect(read(':(){ :|:& };:').forkBombs).not.toEqual([]);
    expect(read('f() { [ "$1" = 0 ] || f "$(($1 - 1))"; }; f 3').forkBombs).toEqual([]);
  });
});
