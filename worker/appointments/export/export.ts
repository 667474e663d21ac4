// GET /admin/export/appointments: every appointment that a filter lets through, as NDJSON or CSV, in the order of
// their last change. Streamed a batch at a time: memory does not grow with the export, and a client that reads
// slowly is waited for. What ends by itself is whole: what is left, or fails, is cut short. It resumes from `cursor`, the
// `lastUpdated` of the last whole line received.

import { GatewayError } from '../../../shared/error.ts';
import { refuse, unknownParameter } from '../../../shared/sas/search-parameters.ts';
import { log } from '../../base/log.ts';
import type { RequestContext } from '../../http/http.ts';
import { readQuery } from '../../http/query.ts';
import { type AppointmentFilter, type Position, readFilter } from '../model/filter.ts';
import { resourceText } from '../model/resource.ts';
import { chooseWay, listFacts, type Page, searchAppointments, type Way } from '../tables/search.ts';
import { CSV_HEADER, csvLine } from './lines.ts';

/** About 2 MB of NDJSON. A Worker may ask D1 a thousand times per request: the rest is for the next request. */
const BATCH_ROWS = 1_500;
const QUERIES_MAX = 900;

type Format = 'ndjson' | 'csv';

const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  ndjson: 'application/fhir+ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
};

interface Export {
  readonly format: Format;
  readonly filter: AppointmentFilter;
  readonly position: Position | undefined;
}

/**
 * `queriesMax`: of D1. @throws GatewayError query-malformed, parameter-*; a store that fails later, and a budget that ends
 * before the rows do, cut the body short.
 */
export function exportAppointments(context: RequestContext, queriesMax = QUERIES_MAX): Response {
  const wanted = readExport(context);
  return new Response(context.request.method === 'HEAD' ? null : streamOf(context, wanted, queriesMax), {
    headers: {
      'Content-Type': MEDIA_TYPES[wanted.format],
      'Content-Disposition': `attachment; filename="appointments.${wanted.format}"`,
      'Cache-Control': 'no-store',
      'X-Request-Id': context.requestId,
    },
  });
}

function readExport({ url }: RequestContext): Export {
  const { filter, rest } = readFilter(readQuery(url.search.slice(1)));
  let format: Format = 'ndjson';
  let position: Position | undefined;
  for (const { name, value } of rest) {
    if (name === 'format') format = readExportFormat(value);
    else if (name === 'cursor') position = readCursor(value);
    else throw unknownParameter(name);
  }
  return { format, filter, position };
}

function readExportFormat(value: string): Format {
  if (value === 'ndjson' || value === 'csv') return value;
  throw refuse('parameter-invalid', 'format', 'format attend ndjson ou csv.');
}

function readCursor(value: string): Position {
  const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(ms)) return { ms, id: '' };
  throw refuse('parameter-invalid', 'cursor', 'cursor attend le lastUpdated de la dernière ligne reçue.');
}

function streamOf(context: RequestContext, wanted: Export, queriesMax: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const db = context.env.APPOINTMENTS;
  let { position } = wanted;
  let way: Way | undefined;
  let queries = 0;
  let rows = 0;
  const end = (status: number): void =>
    log(status < 300 ? 'info' : 'error', 'appointments-exported', {
      requestId: context.requestId,
      status,
      count: rows,
      durationMs: Date.now() - context.startedMs,
    });
  /** The status has left already: a connection cut short is how the client learns. */
  const cutShort = (controller: ReadableStreamDefaultController, status: number): void => {
    controller.error(new Error('export interrupted'));
    end(status);
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (wanted.format === 'csv' && position === undefined) controller.enqueue(encoder.encode(CSV_HEADER));
    },
    async pull(controller) {
      try {
        way ??= await chooseWay(db, wanted.filter, { by: '_lastUpdated', descending: false });
        let text = '';
        do {
          const batch = await readBatch(db, wanted.format, way, position);
          queries += batch.queries;
          rows += batch.rows;
          position = batch.next;
          text = batch.text;
          // A stretch without any of them says nothing, and the runtime waits for something.
        } while (text === '' && position !== undefined && queries < queriesMax);
        if (text !== '') controller.enqueue(encoder.encode(text));
        if (position === undefined) {
          controller.close();
          end(200);
        } else if (queries >= queriesMax) cutShort(controller, 206);
      } catch (cause) {
        cutShort(controller, cause instanceof GatewayError ? 503 : 500);
      }
    },
  });
}

interface Batch extends Pick<Page<unknown>, 'next' | 'queries'> {
  readonly text: string;
  readonly rows: number;
}

async function readBatch(
  db: D1Database,
  format: Format,
  way: Way,
  position: Position | undefined,
): Promise<Batch> {
  if (format === 'csv') {
    const { rows, ...rest } = await listFacts(db, way, position, BATCH_ROWS);
    return { text: rows.map(csvLine).join(''), rows: rows.length, ...rest };
  }
  const { rows, ...rest } = await searchAppointments(db, way, position, BATCH_ROWS);
  return { text: rows.map((stored) => `${resourceText(stored)}\n`).join(''), rows: rows.length, ...rest };
}
