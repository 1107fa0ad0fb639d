import Turndown from 'turndown';

const asText = /^(text\/|application\/(json|xml|[\w.+-]*\+(json|xml)|javascript|yaml|x-yaml|toml))/i;
const asHtml = /^(text\/html|application\/xhtml\+xml)/i;

/** The text of a page for a model: HTML as Markdown, other text as it is; null for what is no text. */
export function pageText(contentType: string, body: Buffer): string | null {
  if (asHtml.test(contentType)) return toMarkdown(decode(contentType, body));
  return asText.test(contentType) ? decode(contentType, body) : null;
}

function decode(contentType: string, body: Buffer): string {
  const charset = /charset="?([\w-]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    // Not a name of any encoding.
    return new TextDecoder().decode(body);
  }
}

function toMarkdown(html: string): string {
  const turndown = new Turndown({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-' });
  turndown.remove(['script', 'style', 'noscript', 'template', 'iframe']);
  return turndown.turndown(html).replace(/\n{3,}/g, '\n\n');
}
