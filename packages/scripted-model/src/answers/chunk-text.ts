/** Pieces of at most `size` characters, whole code points only; none for an empty text. */
export function chunkText(text: string, size: number): string[] {
  const points = [...text];
  const chunks: string[] = [];
  for (let start = 0; start < points.length; start += size) chunks.push(points.slice(start, start + size).join(''));
  return chunks;
}
