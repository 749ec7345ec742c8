/** @file The browsable page of the API: made from the OpenAPI document, without anything from elsewhere. */
import { createHash } from 'node:crypto';

interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly security?: unknown;
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: object; readonly example: object }>>;
  };
  readonly responses: Readonly<
    Record<
      string,
      { readonly content?: Readonly<Record<string, { readonly schema: object; readonly example?: object }>> }
    >
  >;
}

const style = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --soft: light-dark(#f6f8fa, #161b22) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem }
h2 { font-size: 1.1rem; border-top: 1px solid var(--line); padding-top: 1.5rem }
h2 code { font-size: 1.1rem }
pre, textarea { font: 13px/1.5 ui-monospace, monospace; background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .6rem; overflow: auto; max-height: 24rem; width: 100%; box-sizing: border-box; white-space: pre-wrap; overflow-wrap: anywhere }
input, button { font: inherit; padding: .3rem .7rem }
summary { cursor: pointer }`;

const script = `
for (const form of document.querySelectorAll('form[data-path]')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const output = form.querySelector('output');
    const token = document.querySelector('#token')?.value;
    const body = form.querySelector('textarea')?.value;
    output.textContent = '...';
    const start = performance.now();
    try {
      const response = await fetch(form.dataset.path, {
        method: form.dataset.method,
        ...(body !== undefined && { body }),
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...(token && { authorization: 'Bearer ' + token }) },
      });
      const text = await response.text();
      const shown = text.length > 20000 ? text.slice(0, 20000) + ' ...' : text;
      output.textContent = response.status + ' in ' + Math.round(performance.now() - start) + ' ms\\n' + shown;
    } catch (error) {
      output.textContent = String(error);
    }
  });
}`;

/** The page, and the policy under which a browser runs this script and no other. */
export function docsPage(document: object): { readonly html: string; readonly policy: string } {
  const { info, paths } = document as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(path, method, operation)),
  );
  const token = Object.values(paths).some(({ post }) => post?.security)
    ? '<p><label>Token <input id="token" type="password" autocomplete="off"></label></p>'
    : '';
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)} ${escaped(info.version)}</title><style>${style}</style></head>
<body><main><h1>${escaped(info.title)} ${escaped(info.version)}</h1><p>${escaped(info.description)}</p>
<p><a href="openapi.json">openapi.json</a></p>${token}
${operations.join('\n')}
</main><script type="module">${script}</script></body></html>`;
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return {
    html,
    policy: `default-src 'none'; connect-src 'self'; style-src ${hash(style)}; script-src ${hash(script)}`,
  };
}

function section(
  path: string,
  method: string,
  { summary, description = '', requestBody, responses }: Operation,
): string {
  const sent = requestBody?.content['application/json'];
  const answer = Object.values(responses['200']?.content ?? {})[0];
  const field = sent
    ? `<textarea rows="6" aria-label="Body" spellcheck="false">${pretty(sent.example)}</textarea>`
    : '';
  const schemas = [
    ['Body', sent?.schema],
    ['Answer', answer?.schema],
  ] as const;
  return `<section><h2><code>${method.toUpperCase()} ${escaped(path)}</code> ${escaped(summary)}</h2><p>${escaped(description)}</p>
${answer?.example ? `<p>Answers, for the body below:</p><pre>${pretty(answer.example)}</pre>` : ''}
<form data-path="${escaped(path.slice(1))}" data-method="${method.toUpperCase()}">${field}<p><button>Send</button></p><pre><output></output></pre></form>
<details><summary>Schema</summary>${schemas.map(([name, schema]) => (schema ? `<p>${name}</p><pre>${pretty(schema)}</pre>` : '')).join('')}</details></section>`;
}

function pretty(value: object): string {
  return escaped(JSON.stringify(value, undefined, 1));
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
