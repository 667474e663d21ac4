// PUT /admin/editors/{id}: the operator's switches of one vendor: asked or not, with how much time, kept how long.

import * as v from 'valibot';
import { GatewayError } from '../../shared/error.ts';
import { jsonResponse, type RequestContext, readJson } from '../http.ts';
import { log } from '../log.ts';
import { listEditors, saveSwitches } from '../store/editors.ts';
import { refreshEditors } from '../vendors/remembered-editors.ts';

const BODY_BYTES_MAX = 1_024;
const whole = (min: number, max: number) =>
  v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max))));

const schema = v.strictObject({
  enabled: v.optional(v.boolean()),
  /** Milliseconds; null: the edge's own. */
  deadlineMs: whole(100, 25_000),
  /** Seconds; 0 keeps nothing, null: the edge's own. */
  cacheTtlS: whole(0, 3_600),
});

export async function switchEditor(context: RequestContext): Promise<Response> {
  const editor = context.parameters.editor ?? '';
  const parsed = v.safeParse(schema, await readJson(context.request, BODY_BYTES_MAX));
  if (!parsed.success) {
    throw new GatewayError({
      reason: 'parameter-invalid',
      text: 'Champs admis : enabled (booléen), deadlineMs (100 à 25000 ou null), cacheTtlS (0 à 3600 ou null).',
      expression: parsed.issues.map((issue) => v.getDotPath(issue) ?? 'body'),
    });
  }
  if (!(await saveSwitches(context.env.DB, editor, parsed.output))) {
    throw new GatewayError({ reason: 'not-found', text: "Aucun relais n'a annoncé cet éditeur." });
  }
  // The next search here reads it, other isolates' within two seconds; those that run keep what they began with.
  refreshEditors(context.env.DB);
  log('info', 'editor switched', { requestId: context.requestId, editor });
  const row = (await listEditors(context.env.DB)).find(({ id }) => id === editor);
  return jsonResponse(row ?? { id: editor }, context);
}
