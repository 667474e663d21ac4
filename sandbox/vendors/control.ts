// The control port, on loopback and in clear: what tests and people use to read a vendor's state and to steer it.

import type { Server } from 'node:http';
import { type Actions, accept, BadInput, makeControlServer as serve } from '../base/control-server.ts';
import { BOOKING_HOSTILITY, CHANGE_HOSTILITY, readBooking, readChange } from './appointments/request.ts';
import { ACCOUNT_FAULTS, readAccountFaults } from './faults/account-faults.ts';
import { FAULTS } from './faults/fault-kinds.ts';
import { readFaults } from './faults/faults.ts';
import type { Practice } from './search/practice.ts';
import { changeSettings } from './settings.ts';
import { describeState, resetVendor, type VendorInside } from './state.ts';

const ACTIONS: Actions<VendorInside> = {
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

export const makeControlServer = (inside: VendorInside): Server => serve(ACTIONS, inside);

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
