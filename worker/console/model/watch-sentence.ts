// The sentence that opens the watch screen: what is wrong, since when, whose fault; never "all is well" of what is unknown. Pure.

import type { Html } from '../../../shared/html.ts';
import { html, join } from '../../../shared/html.ts';
import { counted, writeMoment } from './moment.ts';
import type { VendorWords } from './vendor-words.ts';

/** What the sentence is made of; undefined: that source did not answer. */
export interface Watched {
  readonly vendors: readonly { readonly name: string; readonly words: VendorWords }[] | undefined;
  /** Relays that can be asked. */
  readonly relays: number | undefined;
  readonly nowMs: number;
}

/** The sentence, and how loud it is. */
export interface Sentence {
  readonly text: Html;
  readonly tone: 'down' | 'doubt' | 'well' | 'unknown';
}

const NAMED_MAX = 3;

/** What an operator reads first. */
export function sayWatch({ vendors, relays, nowMs }: Watched): Sentence {
  if (vendors === undefined) {
    return {
      tone: 'down',
      text: html`On ne sait pas comment vont les éditeurs : ni la base ni le concentrateur ne le disent.`,
    };
  }
  if (relays === 0) {
    return {
      tone: 'down',
      text: html`Aucun relais n’est connecté : aucun éditeur ne peut être interrogé. C’est chez nous.`,
    };
  }
  const asked = vendors.filter(({ words }) => words.state !== 'coupé' && words.state !== 'sorti');
  if (asked.length === 0) {
    return {
      tone: 'unknown',
      text: html`Aucun éditeur n’est interrogé : aucun n’est annoncé, ou tous sont coupés.`,
    };
  }
  const of = (state: VendorWords['state']) => asked.filter(({ words }) => words.state === state);
  const [down, doubtful, silent] = [of('en panne'), of('douteux'), of('sans donnée')];
  const rest = [
    ...(doubtful.length > 0
      ? [html`${counted(doubtful.length, 'douteux', 'douteux')} (${named(doubtful, nowMs)})`]
      : []),
    ...(silent.length > 0
      ? [html`${counted(silent.length, 'sans donnée récente', 'sans donnée récente')}`]
      : []),
  ];
  const tail = html`${join(rest.map((part, at) => html`${at === 0 ? ' ; ' : ', '}${part}`))}.`;
  if (down.length > 0) {
    return {
      tone: 'down',
      text: html`${counted(down.length, 'éditeur')} sur ${asked.length} en panne : ${named(down, nowMs)}${tail}`,
    };
  }
  if (rest.length === 0) {
    return {
      tone: 'well',
      text: html`Tous les éditeurs interrogés répondent (${asked.length} sur ${asked.length}).`,
    };
  }
  return {
    tone: doubtful.length > 0 ? 'doubt' : 'unknown',
    text: html`Aucune panne connue sur ${counted(asked.length, 'éditeur')}${tail}`,
  };
}

type Named = NonNullable<Watched['vendors']>;

/** The first of them, each with since when and whose fault it is; how many others. */
function named(vendors: Named, nowMs: number): Html {
  const first = vendors.slice(0, NAMED_MAX).map(({ name, words }, at) => {
    const since = words.sinceMs === undefined ? html`` : html` depuis ${writeMoment(words.sinceMs, nowMs)}`;
    return html`${at === 0 ? '' : ', '}<strong>${name}</strong>${since}, ${words.fault === '' ? 'cause inconnue' : words.fault}`;
  });
  const others = vendors.length - NAMED_MAX;
  return html`${join(first)}${others > 0 ? ` et ${counted(others, 'autre')}` : ''}`;
}
