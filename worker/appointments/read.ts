// GET /fhir/Appointment/{id}, …/_history/{vid} and …/_history: one appointment for SAS, its state, a version,
// all of them. R4 http.html (read, vread, history).

import { GatewayError } from '../../shared/error.ts';
import { ownerOf } from '../../shared/sas/appointment-id.ts';
import { readFormat, refuse, unknownParameter } from '../../shared/sas/search-parameters.ts';
import { fhirResponse, type RequestContext } from '../http/http.ts';
import { readQuery } from '../http/query.ts';
import { refuseErased } from './erase.ts';
import { etagOf, resourceText, type StoredAppointment, versionHeaders } from './model/resource.ts';
import {
  type AppointmentVersion,
  findAppointment,
  findVersion,
  listVersions,
} from './tables/appointments.ts';

const HISTORY_COUNT_DEFAULT = 50;
const HISTORY_COUNT_MAX = 100;

/**
 * @throws GatewayError not-found, query-malformed, parameter-unknown, storage-unavailable; so do the next
 * two.
 */
export async function readAppointment(context: RequestContext): Promise<Response> {
  readParameters(context, []);
  const id = idOf(context);
  const found = id === undefined ? undefined : await findAppointment(context.env.APPOINTMENTS, id);
  if (found === undefined) return absent(context, id);
  return versionResponse(context, found);
}

/** One version, also one that came too late to hold. */
export async function readAppointmentVersion(context: RequestContext): Promise<Response> {
  readParameters(context, []);
  const id = idOf(context);
  const { version = '' } = context.parameters;
  const found =
    id === undefined || !/^[1-9]\d{0,8}$/.test(version)
      ? undefined
      : await findVersion(context.env.APPOINTMENTS, id, Number(version));
  if (found === undefined) return absent(context, id);
  return versionResponse(context, found);
}

/** Newest first, also the versions that came too late to hold (`meta.tag`). */
export async function readAppointmentHistory(context: RequestContext): Promise<Response> {
  const given = readParameters(context, ['_count', '_cursor']);
  const count = Math.min(positive('_count', given.get('_count')) ?? HISTORY_COUNT_DEFAULT, HISTORY_COUNT_MAX);
  const before = positive('_cursor', given.get('_cursor'));
  const id = idOf(context);
  const found = id === undefined ? [] : await listVersions(context.env.APPOINTMENTS, id, before, count + 1);
  if (id === undefined || (found.length === 0 && before === undefined)) return absent(context, id);
  const shown = found.slice(0, count);
  const url = `${context.fhirBase}/Appointment/${id}/_history`;
  const next = found.length > count ? `${url}?_count=${count}&_cursor=${shown.at(-1)?.version}` : undefined;
  return fhirResponse(historyText(context, url, next, shown), context);
}

/** The id in the path; undefined for what is none of ours, which is not looked up. */
function idOf({ parameters: { id = '' } }: RequestContext): string | undefined {
  return ownerOf(id) === undefined ? undefined : id;
}

function readParameters({ url }: RequestContext, known: readonly string[]): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const { name, value } of readQuery(url.search.slice(1))) {
    if (name === '_format') readFormat(value);
    else if (known.includes(name)) given.set(name, value);
    else throw unknownParameter(name);
  }
  return given;
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw refuse('parameter-invalid', name, `${name} est un nombre entier positif.`);
}

/** @throws GatewayError erased, not-found. */
async function absent({ env }: RequestContext, id: string | undefined): Promise<never> {
  if (id !== undefined) await refuseErased(env, id);
  throw new GatewayError({
    reason: 'not-found',
    text: "Ce rendez-vous, ou cette version, n'existe pas ici.",
  });
}

function versionResponse(context: RequestContext, stored: StoredAppointment): Response {
  return fhirResponse(resourceText(stored), context, 200, versionHeaders(stored));
}

function historyText(
  context: RequestContext,
  url: string,
  next: string | undefined,
  versions: readonly AppointmentVersion[],
): string {
  const entries = versions.map((version) => {
    const isCreation = version.version === 1;
    const rest = {
      request: {
        method: version.method,
        url: version.method === 'POST' ? 'Appointment' : `Appointment/${version.id}`,
      },
      response: {
        status: isCreation ? '201' : '200',
        etag: etagOf(version.version),
        lastModified: new Date(version.updatedMs).toISOString(),
      },
    };
    const fullUrl = JSON.stringify(`${context.fhirBase}/Appointment/${version.id}`);
    return `{"fullUrl":${fullUrl},"resource":${resourceText(version)},${JSON.stringify(rest).slice(1)}`;
  });
  const head = {
    resourceType: 'Bundle',
    id: context.requestId,
    type: 'history',
    link: [
      { relation: 'self', url: `${url}${context.url.search}` },
      ...(next === undefined ? [] : [{ relation: 'next', url: next }]),
    ],
  };
  // R4 ele-1: an empty list is no list.
  const entry = entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`;
  return `${JSON.stringify(head).slice(0, -1)}${entry}}`;
}
