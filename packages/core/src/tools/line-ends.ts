/** Whether most lines of a text end as on Windows. */
export function mostlyCrlf(text: string): boolean {
  const crlf = text.split('\r\n').length - 1;
  return crlf > 0 && 2 * crlf > text.split('\n').length - 1;
}
