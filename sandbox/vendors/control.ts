// The control port, on loopback and in clear: what tests and people use to read a vendor's state and to steer it.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BOOKING_HOSTILITY, CHANGE_HOSTILITY, readBooking, readChange } from './appointments/request.ts';
import { parseJson, readText } from './body.ts';
import { ACCOUNT_FAULTS, readAccountFaults } from './faults/account-faults.ts';
import { FAULTS } from './faults/fault-kinds.ts';
import { readFaults } from './faults/faults.ts';
import type { Practice } from './search/practice.ts';
import { changeSettings } from './settings.ts';
import { describeState, resetVendor, type VendorInside } from './state.ts';

const BODY_BYTES_MAX = 32 << 20;

/** `name` is what follows in the path, for the actions on one of several. */
type Action = (inside: VendorInside, body: unknown, name: string) => unknown;

/** Told to the caller as 400. */
class BadInput extends Error {}

const ACTIONS: Readonly<Record<string, Action>> = {
  'GET /state': describeState,
  'GET /faults': () => FAULTS,
  'GET /directory': ({ practice }) => describeDirectory(practice),
  'GET /accounts': ({ accounts }) => accounts.list(),
  'GET /appointments': ({ appointments }) => appointments.list(),
  'GET /appointment-hostility': () => ({ POST: BOOKING_HOSTILITY, PUT: CHANGE_HOSTILITY }),
  'POST /appointments': async ({ appointments }, body) =>
    accept(await appointments.book(accept(readBooking(body)))),
  'PUT /appointments/': async ({ appointments }, body, value) =>
    accept(await appointments.change(value, accept(readChange(body)))),
  'GET /account-faults': () => ACCOUNT_FAULTS,
  'PUT /account-fault': ({ accounts }, body) => {
    accounts.faults.replace(accept(readAccountFaults(body)));
    return accounts.faults.list();
  },
  'GET /settings': ({ practice }) => practice.settings,
  'GET /fault': ({ faults }) => faults.list(),
  'PUT /fault': ({ faults }, body) => {
    faults.replace(accept(readFaults(body)));
    return faults.list();
  },
  'DELETE /fault': ({ faults }) => {
    faults.replace([]);
    return [];
  },
  'PUT /settings': ({ practice }, body) => {
    practice.settings = accept(changeSettings(practice.settings, body));
    return practice.settings;
  },
  'PUT /bundle': ({ override }, body) => {
    const problem = override.set(body);
    if (problem !== undefined) throw new BadInput(problem);
    return { override: true };
  },
  'DELETE /bundle': ({ override }) => {
    override.clear();
    return { override: false };
  },
  'POST /reset': (inside) => {
    resetVendor(inside);
    return describeState(inside);
  },
};

export function makeControlServer(inside: VendorInside): Server {
  return createServer((request, response) => {
    response.on('error', () => {});
    handle(request, inside).then(
      (answer) => send(response, 200, answer),
      (error: unknown) => {
        if (error instanceof BadInput) send(response, 400, { error: error.message });
        else send(response, 500, { error: String(error) });
      },
    );
  });
}

function describeDirectory({ directory, clock, ...practice }: Practice) {
  return {
    id: practice.id,
    seed: directory.seed,
    practitioners: directory.practitioners.map(({ id, person, roles, communities }) => ({
      id,
      identifier: person.identifier,
      family: person.family,
      given: person.given,
      full: roles.every((role) => role.full),
      communities: communities.map(({ community }) => community.finess),
      places: roles.map(({ place, roleId, scheduleId }) => ({
        roleId,
        scheduleId,
        line: place.line,
        city: place.town.city,
        postalCode: place.town.postalCode,
        zone: place.town.zone,
        phone: place.phone ?? null,
        structure: place.structure,
      })),
    })),
    associations: directory.associations.map(({ organizationId, association, points }) => ({
      id: organizationId,
      siret: association.siret,
      name: association.name,
      points: points.map(({ locationId, scheduleId, name, place }) => ({
        locationId,
        scheduleId,
        name,
        city: place.town.city,
        zone: place.town.zone,
      })),
    })),
  };
}

async function handle(request: IncomingMessage, inside: VendorInside): Promise<unknown> {
  const [, path, name = ''] = /^(\/[^/?]*(?:\/(?=[^?]))?)([^?]*)/.exec(request.url ?? '') ?? [];
  const route = `${request.method} ${path}`;
  const action = Object.hasOwn(ACTIONS, route) ? ACTIONS[route] : undefined;
  if (action === undefined) {
    request.resume();
    throw new BadInput(`Rien à cette adresse. On y trouve : ${Object.keys(ACTIONS).join(', ')}.`);
  }
  const text = await readText(
    request,
    BODY_BYTES_MAX,
    () => new BadInput(`Corps de plus de ${BODY_BYTES_MAX} octets.`),
  );
  const hasBody = request.method === 'PUT' || text !== '';
  return action(
    inside,
    hasBody ? parseJson(text, () => new BadInput('Le corps n’est pas du JSON.')) : undefined,
    name,
  );
}

function accept<T>(value: T | string): T {
  if (typeof value === 'string') throw new BadInput(value);
  return value;
}

function send(response: ServerResponse, status: number, answer: unknown): void {
  if (response.destroyed) return;
  const body = JSON.stringify(answer);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
