/** Text as roff takes it: nothing in it is a request, an escape or a typographic character. */
export function roff(text: string): string {
  return text
    .replaceAll(/[\\\-'`^~]|[^\x20-\x7e]/gu, (found) => ESCAPES[found] ?? `\\[u${hex(found)}]`)
    .replace(/^\./, '\\&.');
}

/** Text to be filled, on lines as the source of a page has them. */
export function prose(text: string): string {
  const lines = [''];
  for (const word of text.split(' ').map(roff)) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > LONGEST_LINE) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

const LONGEST_LINE = 78;

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

export function title(page: string, day: string, source: string): string {
  return `.TH ${roff(page.toUpperCase())} 1 "${day}" "${roff(source)}" "User Commands"`;
}

export function heading(text: string): string {
  return `.SH ${roff(text.toUpperCase())}`;
}

export function subheading(text: string): string {
  return `.SS ${roff(text)}`;
}

export function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`;
}

/** A term, and below it what it is. */
export function entry(term: string, about: string): string[] {
  return ['.TP', bold(term), prose(about)];
}

/** As it is typed: no line of it is filled. */
export function typed(lines: readonly string[]): string[] {
  return ['.EX', ...lines.map(roff), '.EE'];
}
