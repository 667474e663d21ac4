// GET /console: on to the first screen that the user's role opens. POST /console/recherche: where a reference leads.

import { html } from '../../../shared/html.ts';
import { reportExposure } from '../../accounts/operators.ts';
import { findSearch } from '../../operators/searches.ts';
import { listVendors } from '../../store/editors.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { type ConsoleContext, field, type Screen, seeOther } from '../model/context.ts';
import { mayOpen, onlyVendorOf } from '../model/roles.ts';
import { findAudit } from '../tables/audit.ts';
import { noteAct } from '../tables/note-act.ts';
import { accountTable } from './accounts.ts';
import { auditTable } from './journal.ts';
import { vendorPath } from './vendor-table.ts';

/** GET /console. */
export function homeScreen({ user }: ConsoleContext): Screen | Response {
  if (mayOpen(user, ['exploitant', 'raccordement'])) return seeOther('/console/veille');
  const own = onlyVendorOf(user);
  if (own !== undefined) return seeOther(vendorPath(own));
  if (mayOpen(user, ['habilitations'])) return seeOther('/console/journal');
  return {
    title: 'Rien n’est encore ouvert à votre rôle',
    body: html`<p class="note">Les écrans d’activité ne sont pas encore dans cette version.</p>`,
  };
}

/** POST /console/recherche: a vendor, a regulator's `r-…`, or a request's id. What was typed stands in no URL and no log. */
export async function findScreen(context: ConsoleContext): Promise<Screen | Response> {
  const sought = field(context, 'q').slice(0, 64);
  const { env, config, startedMs, user } = context;
  const vendors = await guardIdempotent(() => listVendors(env.DB));
  const low = sought.toLowerCase();
  const vendor = vendors.find(({ id, name }) => id.toLowerCase() === low || name.toLowerCase() === low);
  if (vendor !== undefined) return seeOther(vendorPath(vendor.id));
  if (/^r-/.test(sought) && mayOpen(user, ['exploitant'])) {
    await noteAct(context, { act: 'lire les accès d’un régulateur' });
    const { accounts } = await reportExposure({ env, config, startedMs });
    const own = accounts.filter(({ regulator }) => regulator === sought);
    return {
      title: 'Accès d’un régulateur',
      body: html`${accountTable(own, startedMs, 'Aucun de ses accès retirés n’est encore ouvert.')}`,
    };
  }
  if ((await findSearch(env, sought).catch(() => undefined)) !== undefined)
    return seeOther(`/console/recherches/${sought}`);
  const entries = /^[A-Za-z0-9-]{8,64}$/.test(sought) ? await findAudit(env.DB, sought) : [];
  return {
    title: 'Recherche',
    body:
      entries.length > 0
        ? auditTable(entries, startedMs)
        : html`<p class="note">Rien n’est trouvé sous cette référence : ni éditeur, ni acte de la console. Une référence de requête se cherche dans le journal de l’accès et du relais (champ <code>requestId</code>).</p>`,
  };
}
