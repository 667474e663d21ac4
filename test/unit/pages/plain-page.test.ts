// Whom to ask, as an operator may write it: what can be followed is a link, and nothing is markup.
import { expect, it } from 'vitest';
import { html } from '../../../shared/html.ts';
import { plainPage } from '../../../worker/http/plain-page.ts';

it.each([
  ['04 77 00 00 01', 'href="tel:0477000001"'],
  ['+33 4 77 00 00 01', 'href="tel:+33477000001"'],
  ['support@sas.example', 'href="mailto:support@sas.example"'],
  ['https://aide.example/sas', 'href="https://aide.example/sas"'],
  ['le 15, poste 7 <b>', 'Besoin d’aide : le 15, poste 7 &lt;b&gt;.'],
  ['javascript:alert(1)', 'Besoin d’aide : javascript:alert(1).'],
])('takes %j', async (contact, shown) => {
  const page = { title: 'Essai', text: html`<p>Essai.</p>`, requestId: 'essai-01', contact };
  expect(await (await plainPage(page, 200)).text()).toContain(shown);
});
