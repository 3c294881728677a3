import { createHash } from 'node:crypto';
import type { Reply } from '../../http/route.ts';
import { readPageFile } from './page-file.ts';

/** The one page, and what its answer says of it. */
export interface Page {
  readonly html: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Throws `settings_invalid` where this package came without it. */
export function readPage(): Page {
  return pageOf(readPageFile());
}

/** The rules for it are made from it: what its own text is may run, and nothing else, wherever it came from. */
export function pageOf(html: Buffer): Page {
  // Browsers hash what they read, and line ends are read as one character.
  const text = html.toString().replaceAll('\r\n', '\n');
  const policy = [
    "default-src 'none'",
    `script-src ${hashesOf(text, 'script')}`,
    `style-src ${hashesOf(text, 'style')}`,
    "connect-src 'self'",
    // Its icon, which stands in it.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // No text becomes markup, by whatever way.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    html,
    headers: {
      etag: `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"`,
      // It may be kept, and is asked for each time: after an upgrade nobody sees the old one.
      'cache-control': 'no-cache',
      'content-security-policy': policy.join('; '),
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'x-frame-options': 'DENY',
    },
  };
}

function hashesOf(text: string, tag: 'script' | 'style'): string {
  const found = [...text.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, body = '']) => {
    return `'sha256-${createHash('sha256').update(body).digest('base64')}'`;
  });
  return found.join(' ') || "'none'";
}

/** `known`: the tags of what the client has. */
export function pageReply({ html, headers }: Page, known: string | undefined): Reply {
  const has = known?.split(',').some((each) => each.trim().replace(/^W\//, '') === headers.etag);
  if (has === true) return { status: 304, headers };
  return { status: 200, type: 'text/html; charset=utf-8', headers, body: html };
}
