/** The text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function body(line: string, before: string, after: string): string | null {
  return line.includes('EOT') ? null : `${before}\n${line}\n${after}`;
}

/** Ways to run the same command line through something else. Null where the line would not mean the same. */
export const disguises: Readonly<Record<string, (line: string) => string | null>> = {
  'sh -c': (line) => `sh -c ${quoted(line)}`,
  eval: (line) => `eval ${quoted(line)}`,
  'a here-document': (line) => body(line, "bash <<'EOT'", 'EOT'),
  'a condition': (line) => `if true; then\n${line}\nfi`,
  'a pipeline': (line) => `{\n${line}\n} | cat`,
  'a subshell': (line) => `(\n${line}\n)`,
  'a function that is called': (line) => `a_function() {\n${line}\n}; a_function`,
  'a function that is not': (line) => `a_function() {\n${line}\n}`,
  'several wrappers': (line) => `timeout 5 nice -n 3 env A=b bash -c ${quoted(line)}`,
  'printed into a shell': (line) => `printf '%s\\n' ${quoted(line)} | sh`,
  'a substitution': (line) => `x=$(\n${line}\n)`,
  'a file that is written first': (line) => body(line, "cat > r.sh <<'EOT'", 'EOT\nbash ./r.sh'),
  'after another command': (line) => `npm test\n${line}`,
  'a list': (line) => `cd src/.. && ${line}`,
  'a loop': (line) => `for i in 1 2; do\n${line}\ndone`,
  'a trap': (line) => `trap ${quoted(line)} EXIT`,
  'a variable': (line) => `a_variable=${quoted(line)}; eval "$a_variable"`,
  'an alias of git': (line) => `git -c alias.z=${quoted(`!${line}`)} z`,
  'a case': (line) => `case x in x)\n${line}\n;; esac`,
  'the background': (line) => `{\n${line}\n} &`,
  'a second line of defence': (line) => `true || {\n${line}\n}`,
};
