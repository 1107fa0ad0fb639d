import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client';

/** What a server has answered, as text. What is no text is described. */
export function describeResult({ content, structuredContent }: CallToolResult): string {
  const texts = content.map(describeBlock).filter((text) => text !== '');
  if (texts.length > 0) return texts.join('\n');
  return structuredContent === undefined ? '' : JSON.stringify(structuredContent);
}

function describeBlock(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `[${block.type}, ${block.mimeType}, ${bytesOf(block.data)} bytes: not shown]`;
    case 'resource_link':
      return `[link to ${block.uri}${block.title ? `, ${block.title}` : ''}]`;
    case 'resource':
      return 'text' in block.resource
        ? `[resource ${block.resource.uri}]\n${block.resource.text}`
        : `[resource ${block.resource.uri}, ${block.resource.mimeType ?? 'binary'}, ${bytesOf(block.resource.blob)} bytes: not shown]`;
  }
}

function bytesOf(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}
