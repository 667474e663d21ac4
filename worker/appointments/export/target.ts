// Where changes are exported to: an R2 bucket (binding EXPORT of wrangler.toml) or, on a local edge, a folder. None is
// needed: then nothing is exported, and what is forgotten is gone.

import { rejectLate, within } from '../../../shared/deadline.ts';
import type { Env } from '../../base/env.ts';

/** Writes objects; one that exists is replaced. */
export interface ExportTarget {
  readonly kind: 'r2' | 'folder';
  /** Settles when the object is kept for good. @throws what the target throws, or Error 'late'. */
  put(key: string, text: string): Promise<void>;
}

const PUT_MS = 30_000;
const FHIR_NDJSON = 'application/fhir+ndjson; charset=utf-8';

/** Undefined when none is configured. */
export function exportTargetOf({ EXPORT: bucket, EXPORT_FOLDER: folder }: Env): ExportTarget | undefined {
  if (bucket !== undefined) {
    const httpMetadata = { contentType: FHIR_NDJSON };
    return {
      kind: 'r2',
      put: async (key, text) => {
        await within(bucket.put(key, text, { httpMetadata }), PUT_MS, rejectLate);
      },
    };
  }
  if (folder === undefined) return undefined;
  return {
    kind: 'folder',
    put: async (key, text) => {
      const written = folder.fetch(`http://export/${key}`, { method: 'PUT', body: text });
      const { status } = await within(written, PUT_MS, rejectLate);
      if (status !== 200) throw new Error(`folder ${status}`);
    },
  };
}
