// The page of /docs, written from the OpenAPI document alone: what is not in the document is not on the page.

import { type Html, html, join } from '../../../shared/html.ts';
import type { ApiDocument, DocumentedAnswer, DocumentedOperation, Method } from '../model/documented.ts';
import type { Schema } from '../model/operation.ts';
import { describeType, writeSchema } from './fields.ts';

interface Entry {
  readonly method: Method;
  readonly path: string;
  readonly operation: DocumentedOperation;
}

interface Section {
  readonly name: string;
  readonly entries: readonly Entry[];
}

type Media = NonNullable<DocumentedAnswer['content']>;

/** The body of the page. */
export function writeDocs(document: ApiDocument): Html {
  // OPTIONS is said once, above.
  const entries = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]): Entry[] =>
      method === 'options' ? [] : [{ method: method as Method, path, operation }],
    ),
  );
  const sections = document.tags.map(({ name }) => ({
    name,
    entries: entries.filter(({ operation }) => operation.tags.includes(name)),
  }));
  const schemas = Object.entries(document.components.schemas ?? {});
  const base = document.servers[0]?.url ?? '';
  return html`<a class="skip" href="#contenu">Aller au contenu</a>
<header>
<p class="muted"><a href="/">Passerelle SAS</a></p>
<h1>${document.info.title}</h1>
<p class="muted">Version ${String(document.info.version)} · <a href="/openapi.json">openapi.json</a> · ${base}</p>
${writeParagraphs(document.info.description)}
</header>
<div class="layout">
${writeMenu(sections)}
<main id="contenu">
${join(sections.map((section) => writeSection(section.name, section.entries, base)))}
<section aria-labelledby="schemas">
<h2 id="schemas">Schémas</h2>
${join(schemas.map(([name, schema]) => writeNamedSchema(name, schema as Schema)))}
</section>
</main>
</div>`;
}

/** Twice, one of them never rendered: open beside the page where there is room, folded above it where there is none. */
function writeMenu(sections: readonly Section[]): Html {
  const contents = html`${join(sections.map(writeContents))}
<p><a href="#schemas">Schémas</a></p>`;
  return html`<nav class="narrow" aria-label="Sommaire"><details><summary>Sommaire</summary>
${contents}
</details></nav>
<nav class="wide" aria-label="Sommaire">
${contents}
</nav>`;
}

function writeContents({ name, entries }: Section): Html {
  const items = entries.map(
    ({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`,
  );
  return html`<p>${name}</p><ul>${join(items)}</ul>`;
}

function writeSection(name: string, entries: readonly Entry[], base: string): Html {
  const id = entries[0]?.operation.operationId ?? name;
  return html`<section aria-labelledby="section-${id}">
<h2 id="section-${id}">${name}</h2>
${join(entries.map((entry) => writeOperation(entry, base)))}
</section>`;
}

function writeOperation({ method, path, operation }: Entry, base: string): Html {
  const { operationId, summary, description = '', requestBody, responses } = operation;
  return html`<article class="operation" id="${operationId}">
<h3>${summary}</h3>
<code class="route"><span class="method">${method.toUpperCase()}</span>${path}</code>
<p class="muted">${writeSecurity(operation)}</p>
${writeParagraphs(description)}
${writeParameters(operation)}
${requestBody === undefined ? html`` : html`<h4>Corps de la demande</h4>${writeContent(requestBody.content)}`}
<h4>Réponses</h4>
${join(Object.entries(responses).map(([status, answer]) => writeAnswer(status, answer)))}
<details><summary>Avec curl</summary><pre>${curlOf(method, path, operation, base)}</pre></details>
</article>`;
}

function writeSecurity({ security }: DocumentedOperation): string {
  const [scheme] = security;
  if (scheme === undefined) return 'Sans jeton.';
  if ('portail' in scheme) return 'Jeton du portail (login_check).';
  if ('editeur' in scheme) return 'Certificat client de l’éditeur, au port mTLS d’un relais.';
  if ('exploitant' in scheme) return 'Jeton d’exploitant, portée admin.';
  return `Jeton du SAS, portée ${security.flatMap(({ sas = [] }) => sas).join(' ou ')}.`;
}

function writeParameters({ summary, parameters = [] }: DocumentedOperation): Html {
  if (parameters.length === 0) return html``;
  const rows = parameters.map(
    ({ name, in: place, description, example, required }) =>
      html`<tr><th scope="row"><code>${name}</code></th><td>${place === 'path' ? 'chemin' : 'requête'}${required ? '' : ', facultatif'}</td><td>${description} <span class="muted">Exemple : <code>${[example].flat().join(' puis ')}</code></span></td></tr>`,
  );
  return html`<h4>Paramètres</h4>
<div class="scroll" role="region" tabindex="0" aria-label="Paramètres : ${summary}"><table><thead><tr><th scope="col">Nom</th><th scope="col">Où</th><th scope="col">Sens</th></tr></thead>
<tbody>${join(rows)}</tbody></table></div>`;
}

function writeAnswer(status: string, { description, headers, content = {} }: DocumentedAnswer): Html {
  const own = Object.entries(headers).filter(([name]) => name !== 'X-Request-Id');
  const said = own.map(([name, header]) => html`<p><code>${name}</code> : ${header.description}</p>`);
  return html`<details${status < '300' ? html` open` : html``}><summary><b>${status}</b> ${description}</summary>
${join(said)}
${writeContent(content)}
</details>`;
}

function writeContent(content: Media): Html {
  return join(
    Object.entries(content).map(
      ([type, { schema, examples }]) => html`<p class="muted">${type} : ${describeType(schema)}</p>
${writeSchema(schema)}
${join(Object.entries(examples).map(([name, { value }]) => writeExample(name, value)))}`,
    ),
  );
}

function writeExample(name: string, value: unknown): Html {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return html`<details><summary>Exemple${name === 'exemple' ? '' : html` : <code>${name}</code>`}</summary><pre>${text}</pre></details>`;
}

function writeNamedSchema(name: string, schema: Schema): Html {
  const { description } = schema;
  return html`<article class="operation" id="schema-${name}">
<h3>${name}</h3>
<p class="muted">${describeType(schema)}</p>
${typeof description === 'string' ? html`<p>${description}</p>` : html``}
${writeSchema(schema)}
</article>`;
}

/** Paragraphs apart by empty lines; `[text](/path)` is a link. */
function writeParagraphs(text: string): Html {
  const paragraphs = text.split('\n\n').filter((paragraph) => paragraph !== '');
  return join(
    paragraphs.map(
      (paragraph) => html`<p>${follow(paragraph.split(/(\[[^\]]+\]\([^)]+\))/).map(writeInline))}</p>`,
    ),
  );
}

/** Without a space between them. */
function follow(parts: readonly Html[]): Html {
  return parts.reduce((all, part) => html`${all}${part}`, html``);
}

function writeInline(text: string): Html {
  const [, label, target] = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(text) ?? [];
  return label === undefined || target === undefined ? html`${text}` : html`<a href="${target}">${label}</a>`;
}

function curlOf(
  method: Method,
  path: string,
  { parameters = [], requestBody, security }: DocumentedOperation,
  base: string,
): string {
  const filled = parameters
    .filter((parameter) => parameter.in === 'path')
    .reduce(
      (address, { name, example }) => address.replace(`{${name}}`, encodeURIComponent(String(example))),
      path,
    );
  const query = parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .flatMap(({ name, example }) => [example].flat().map((value) => `${name}=${encodeURIComponent(value)}`))
    .join('&');
  const isVendors = security.some((scheme) => 'editeur' in scheme);
  const server = isVendors ? 'https://relais.example:8443' : base;
  return [
    `curl -i${method === 'get' ? '' : ` -X ${method.toUpperCase()}`} '${server}${filled}${query === '' ? '' : `?${query}`}'`,
    ...(isVendors
      ? [`--cert client.pem --key client.key`]
      : security.length === 0
        ? []
        : [`-H "Authorization: Bearer $TOKEN"`]),
    ...bodyOf(requestBody?.content ?? {}),
  ].join(' \\\n  ');
}

function bodyOf(content: Media): string[] {
  const [[type = '', media] = []] = Object.entries(content);
  const [example] = Object.values(media?.examples ?? {});
  if (example === undefined) return [];
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  if (type === 'application/x-www-form-urlencoded') {
    return Object.entries(example.value as Readonly<Record<string, string | readonly string[]>>).flatMap(
      ([name, value]) => [value].flat().map((one) => `--data-urlencode ${quoted(`${name}=${one}`)}`),
    );
  }
  return [`-H 'Content-Type: ${type}'`, `-d ${quoted(JSON.stringify(example.value))}`];
}
