// HTML by tagged template: what stands in `${}` is escaped unless it is HTML already, so that a vendor's text can
// never become markup. Escaping covers element content and quoted attributes; nothing else is ever interpolated.

export interface Html {
  readonly text: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};
// Direction overrides can make a text read as something else than it is.
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what a page must not hold
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replace(INVISIBLE, '\ufffd')
    .replace(/[&<>"'`]/g, (sign) => ESCAPES[sign] ?? '');
}

/** The template with its values escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | number | Html)[]): Html {
  let text = parts[0] ?? '';
  values.forEach((value, rank) => {
    text += typeof value === 'object' ? value.text : escapeHtml(String(value));
    text += parts[rank + 1] ?? '';
  });
  return { text };
}

/** Our own constant markup. */
export function raw(text: string): Html {
  return { text };
}

/** The pieces, each on a line of its own. */
export function join(parts: readonly Html[]): Html {
  return { text: parts.map(({ text }) => text).join('\n') };
}
