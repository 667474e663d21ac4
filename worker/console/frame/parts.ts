// Parts that several screens have: states in a word and a shape, tables, the hidden fields of forms, panels that fail alone.

import { GatewayError } from '../../../shared/error.ts';
import { type Html, html, join } from '../../../shared/html.ts';
import { describeUnexpected, log } from '../../base/log.ts';
import type { ConsoleContext } from '../model/context.ts';
import type { Tone } from '../model/tone.ts';
import type { VendorState } from '../model/vendor-words.ts';

const TONES: Readonly<Record<VendorState, Tone>> = {
  'en panne': 'down',
  douteux: 'doubt',
  'sans donnée': 'unknown',
  coupé: 'off',
  bon: 'well',
  sorti: 'off',
};

/** A vendor's state as a badge. */
export function stateBadge(state: VendorState): Html {
  return badge(state, TONES[state]);
}

/** A word in a box; before it stands a shape, so that the colour says nothing alone. */
export function badge(text: string, tone: Tone): Html {
  return html`<span class="state ${tone}">${text}</span>`;
}

/** What is known once it is read, or why it is not: a panel that fails leaves the others. */
export type Panel<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** Never rejects; what is unexpected is logged. */
export async function readPanel<T>(context: ConsoleContext, reading: Promise<T>): Promise<Panel<T>> {
  try {
    return { ok: true, value: await reading };
  } catch (cause) {
    if (cause instanceof GatewayError) return { ok: false, error: cause.text };
    log('error', 'console-panel-failed', { requestId: context.requestId, detail: describeUnexpected(cause) });
    return { ok: false, error: 'Erreur interne ; elle est enregistrée.' };
  }
}

/** In the place of a panel that could not be read. */
export function panelError(what: string, error: string): Html {
  return html`<p class="note down"><strong>${what} : sans donnée.</strong> ${error} <a href="">Réessayer</a></p>`;
}

/** A column: its heading, and whether it holds numbers. */
export type Column = string | { readonly name: string; readonly isNumber: true };

/** A table whose first column names the row; on narrow screens each row is a card. `empty`: said where there is no row. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly (Html | string | number)[])[],
  empty: string,
): Html {
  if (rows.length === 0) return html`<p class="note">${empty}</p>`;
  const nameOf = (column: Column | undefined): string =>
    typeof column === 'object' ? column.name : (column ?? '');
  const classOf = (column: Column | undefined): string => (typeof column === 'object' ? 'number' : '');
  const heads = columns.map(
    (column) => html`<th scope="col" class="${classOf(column)}">${nameOf(column)}</th>`,
  );
  const body = rows.map(([first = '', ...cells]) => {
    const written = cells.map(
      (cell, at) =>
        html`<td class="${classOf(columns[at + 1])}" data-name="${nameOf(columns[at + 1])}">${cell}</td>`,
    );
    return html`<tr><th scope="row">${first}</th>${join(written)}</tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="cards"><caption>${caption}</caption>
<thead><tr>${join(heads)}</tr></thead>
<tbody>${join(body)}</tbody></table></div>`;
}

/** What proves that a form is of this session; worker/console/sign-in/guard.ts asks for it. */
export function tokenField({ formToken }: Pick<ConsoleContext, 'formToken'>): Html {
  return html`<input type="hidden" name="jeton" value="${formToken}">`;
}

/** The same, and what makes two clicks one act. */
export function actFields(context: Pick<ConsoleContext, 'formToken'>): Html {
  return html`${tokenField(context)}<input type="hidden" name="once" value="${crypto.randomUUID()}">`;
}

/** Reason and confirmation: what each act asks. */
export function reasonFields(id: string, confirmation: string): Html {
  return html`<p><label for="${id}-motif">Motif <span class="hint">(3 à 200 caractères, sans nom de personne ; gardé au journal)</span></label>
<input class="wide" id="${id}-motif" name="motif" required minlength="3" maxlength="200" autocomplete="off"></p>
<p><label class="check"><input type="checkbox" name="confirme" value="oui" required> <span>${confirmation}</span></label></p>`;
}
