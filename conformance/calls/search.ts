// One slot search of the run: the request that the relay builds, over the window that SAS asks (now to the end of
// the day after tomorrow in Paris), and the answer read as a Bundle when it is one.

import { asObject } from '../../shared/fhir/json.ts';
import type { Flow, SlotWindow } from '../../shared/sas/query.ts';
import { buildVendorRequest } from '../../shared/sas/vendor-request.ts';
import { parisOffsetMinutes } from '../../shared/time.ts';
import { BundleView } from '../bundle-view.ts';
import type { Scene } from '../scene.ts';
import type { Exchange } from './exchange.ts';

const DAY_MS = 24 * 3600 * 1000;
const WINDOW_DAYS = 3;

export interface Answer {
  readonly flow: Flow;
  readonly subjects: readonly string[];
  readonly window: SlotWindow;
  /** When it was asked. */
  readonly nowMs: number;
  readonly exchange: Exchange;
  /** Present when the answer is a Bundle, whatever its status. */
  readonly view: BundleView | undefined;
}

const FLOW_NAMES: Readonly<Record<Flow, string>> = {
  INT_R01: 'professionnels (INT_R01)',
  INT_R04: 'CPTS (INT_R04)',
  SOS: 'SOS Médecins',
};

export function windowFrom(nowMs: number): SlotWindow {
  const offsetMs = parisOffsetMinutes(nowMs) * 60_000;
  const today = Math.floor((nowMs + offsetMs) / DAY_MS);
  const guess = (today + WINDOW_DAYS) * DAY_MS - offsetMs;
  // The offset may change on the way to the last midnight.
  const midnight = (today + WINDOW_DAYS) * DAY_MS - parisOffsetMinutes(guess) * 60_000;
  return { fromMs: nowMs, toMs: Math.min(nowMs + WINDOW_DAYS * DAY_MS, midnight - 1) };
}

export async function search(
  scene: Scene,
  flow: Flow,
  subjects: readonly string[],
  purpose = 'recherche de créneaux',
): Promise<Answer> {
  const nowMs = scene.inputs.now();
  const window = windowFrom(nowMs);
  const url = buildVendorRequest(scene.inputs.editor.baseUrl, { flow, subjects, ...window });
  const label = `${purpose}, ${FLOW_NAMES[flow]}, ${subjects.length} ${subjects.length > 1 ? 'identifiants' : 'identifiant'}`;
  const exchange = await scene.caller.call({ label, url });
  const bundle = asObject(exchange.received?.json);
  const view = bundle?.resourceType === 'Bundle' ? new BundleView(bundle) : undefined;
  return { flow, subjects, window, nowMs, exchange, view };
}
