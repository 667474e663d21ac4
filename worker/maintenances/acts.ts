// Declares, changes and withdraws a vendor's maintenance, for operators of the console and of /admin: D1 first, then the hubs,
// which else would learn of it with their next reading of the registry (a minute).

import { GatewayError } from '../../shared/error.ts';
import { sayParisTime } from '../../shared/time.ts';
import { log } from '../base/log.ts';
import type { RequestContext } from '../http/http.ts';
import { hubsOf } from '../hub/reach/hub-of.ts';
import { refreshVendors } from '../memory/remembered-vendors.ts';
import { listVendors, type VendorRow } from '../store/editors.ts';
import { guardIdempotent } from '../store/guard.ts';
import {
  findMaintenance,
  insertMaintenance,
  MAINTENANCES_PER_VENDOR_MAX,
  type Maintenance,
  readMaintenances,
  updateMaintenance,
  withdrawMaintenance,
} from '../store/maintenances.ts';
import { checkWindow } from './times.ts';

/** What it needs of the request. */
type ActContext = Pick<RequestContext, 'env' | 'requestId'>;
type Times = Pick<Maintenance, 'fromMs' | 'toMs' | 'reason'>;

const conflict = (text: string): GatewayError => new GatewayError({ reason: 'state-conflict', text });

/** Every vendor that may be in maintenance. @throws GatewayError not-found, storage-unavailable. */
async function findVendor({ env }: ActContext, id: string): Promise<VendorRow> {
  const vendors = await guardIdempotent(() => listVendors(env.DB));
  const vendor = vendors.find((one) => one.id === id);
  if (vendor !== undefined) return vendor;
  throw new GatewayError({ reason: 'not-found', text: "Aucun relais n'a annoncé cet éditeur." });
}

/** @throws GatewayError not-found, storage-unavailable. */
async function maintenanceOf({ env }: Pick<ActContext, 'env'>, id: string): Promise<Maintenance> {
  const found = await findMaintenance(env.DB, id);
  if (found !== undefined) return found;
  throw new GatewayError({ reason: 'not-found', text: 'Aucune maintenance n’a cet id.' });
}

/**
 * A new one; under the same id it is declared once, however often it is said. `by`: of `operatorOf`, or the console's user.
 * @throws GatewayError parameter-invalid, not-found, state-conflict, storage-unavailable.
 */
export async function declareMaintenance(
  context: ActContext,
  asked: Times & Pick<Maintenance, 'id' | 'editor' | 'by'>,
  nowMs: number,
): Promise<Maintenance> {
  checkWindow(asked, nowMs);
  await findVendor(context, asked.editor);
  await insertMaintenance(context.env.DB, { ...asked, declaredMs: nowMs });
  const declared = await findMaintenance(context.env.DB, asked.id);
  if (declared === undefined) throw await whyNot(context, asked, nowMs);
  await tell(context, declared, 'maintenance-declared');
  return declared;
}

/** Other times, or another reason. @throws as above. */
export async function changeMaintenance(
  context: ActContext,
  id: string,
  asked: Times,
  nowMs: number,
): Promise<Maintenance> {
  const known = await standing(context, id, nowMs);
  checkWindow(asked, nowMs, known);
  const wanted = { id, editor: known.editor, ...asked };
  await updateMaintenance(context.env.DB, wanted, nowMs);
  const changed = await maintenanceOf(context, id);
  const { fromMs, toMs, reason } = changed;
  if (fromMs !== asked.fromMs || toMs !== asked.toMs || reason !== asked.reason) {
    throw await whyNot(context, wanted, nowMs);
  }
  await tell(context, changed, 'maintenance-changed');
  return changed;
}

/** It stands no longer; of one that lasts, what was stays. Saying it twice is once. @throws as above. */
export async function endMaintenance(context: ActContext, id: string, nowMs: number): Promise<Maintenance> {
  const known = await maintenanceOf(context, id);
  if (known.withdrawnMs !== null) return known;
  await standing(context, id, nowMs);
  await withdrawMaintenance(context.env.DB, id, nowMs);
  const withdrawn = await maintenanceOf(context, id);
  await tell(context, withdrawn, 'maintenance-withdrawn');
  return withdrawn;
}

/** One that is neither over nor withdrawn. @throws GatewayError not-found, state-conflict, storage-unavailable. */
async function standing(context: ActContext, id: string, nowMs: number): Promise<Maintenance> {
  const known = await maintenanceOf(context, id);
  if (known.withdrawnMs !== null) throw conflict('Cette maintenance a été retirée ; rien n’a été changé.');
  if (known.toMs <= nowMs) throw conflict('Cette maintenance est finie ; rien n’a été changé.');
  return known;
}

/** Why D1 did not take it. */
async function whyNot(
  { env }: ActContext,
  { id, editor, fromMs, toMs }: Pick<Maintenance, 'id' | 'editor' | 'fromMs' | 'toMs'>,
  nowMs: number,
): Promise<GatewayError> {
  const all = await readMaintenances(env.DB, nowMs);
  const others = all.filter((one) => one.editor === editor && one.withdrawnMs === null && one.id !== id);
  const other = others.find((one) => one.toMs > fromMs && one.fromMs < toMs);
  if (other !== undefined) {
    return conflict(
      `Une autre maintenance de cet éditeur est déclarée du ${sayParisTime(other.fromMs)} au ${sayParisTime(other.toMs)} : la changer, ou choisir d’autres heures.`,
    );
  }
  if (others.length >= MAINTENANCES_PER_VENDOR_MAX) {
    return conflict(`Déjà ${MAINTENANCES_PER_VENDOR_MAX} maintenances à venir pour cet éditeur.`);
  }
  return conflict('Un autre exploitant l’a changée ou retirée entre-temps : rouvrir la page.');
}

type Message = 'maintenance-declared' | 'maintenance-changed' | 'maintenance-withdrawn';

/** Kept apart from the act itself, which stands in D1. Never rejects. */
async function tell(context: ActContext, { editor }: Maintenance, message: Message): Promise<void> {
  const { env, requestId } = context;
  log('info', message, { requestId, editor });
  refreshVendors(env);
  try {
    const vendor = await findVendor(context, editor);
    await Promise.all(hubsOf(env).map((hub) => hub.noteSwitches(vendor, false)));
  } catch {
    log('warn', 'maintenance-not-told', { requestId, editor });
  }
}
