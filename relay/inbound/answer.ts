// What a vendor gets to read of an edge's answer: as it is, with our base in place of the edge's. No I/O.

import type { IncomingMessage } from 'node:http';
import { ownerOf } from '../../shared/sas/appointment-id.ts';

/** What the edge answered, one header a member. */
export interface EdgeAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly location: string | undefined;
  readonly retryAfter: string | undefined;
  /** What became of the message: created, changed, same, repeated, late. */
  readonly fate: string | undefined;
  readonly body: Buffer;
}

/** What the vendor gets. */
export interface Answer {
  readonly status: number;
  /** Those that are undefined are left out. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | Buffer;
}

const APPOINTMENT = /\/fhir\/(Appointment\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?)$/;

/** The edge's answer, its base replaced by the one that this request was sent to. */
export function passBack(answer: EdgeAnswer, request: IncomingMessage): Answer {
  const { status, contentType, etag, lastModified, location, retryAfter, fate, body } = answer;
  return {
    status,
    headers: {
      'content-type': contentType,
      etag,
      'last-modified': lastModified,
      location: moveLocation(location, request),
      'retry-after': retryAfter,
      'x-passerelle-appointment': fate,
    },
    body,
  };
}

/** As the vendor named us; empty (so relative) when it named nothing that is a host. */
export function baseOf({ headers: { host = '' } }: IncomingMessage): string {
  return /^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/.test(host) ? `https://${host}` : '';
}

/** Whose appointment the edge's Location names; undefined when it names none that an edge has written. */
export function writtenFor(location: string | undefined): string | undefined {
  return ownerOf(APPOINTMENT.exec(location ?? '')?.[2] ?? '');
}

function moveLocation(location: string | undefined, request: IncomingMessage): string | undefined {
  const [, path] = APPOINTMENT.exec(location ?? '') ?? [];
  return path === undefined ? undefined : `${baseOf(request)}/fhir/${path}`;
}
