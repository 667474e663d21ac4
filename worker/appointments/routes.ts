// Every path about appointments: written by relays for vendors, read by SAS, counted and exported by operators.
// Part of the table in worker/routes.ts.

import { PROFILE } from '../../shared/sas/canonical.ts';
import type { Need } from '../http/auth.ts';
import { ERASURE } from '../http/operator.ts';
import type { Capability, Route } from '../http/route.ts';
import { reportActivity } from './activity.ts';
import { answerErasedAppointments, eraseAppointment } from './erase.ts';
import { exportAppointments } from './export/export.ts';
import { APPOINTMENT_PARAMETERS } from './model/filter.ts';
import { readAppointment, readAppointmentHistory, readAppointmentVersion } from './read.ts';
import { searchAppointment } from './search.ts';
import { writeAppointment } from './write.ts';

const READ: readonly Need[] = [{ resource: 'Appointment', permission: 'r' }];
const SEARCH: readonly Need[] = [{ resource: 'Appointment', permission: 's' }];

const rests = 'appointments';

const capability: Capability = {
  type: 'Appointment',
  interactions: ['search-type', 'read', 'vread', 'history-instance', 'create', 'update'],
  searchParameters: APPOINTMENT_PARAMETERS,
  includes: [],
  revIncludes: [],
  profiles: [PROFILE.appointment, PROFILE.appointmentSos],
  behaviour: {
    versioning: 'versioned',
    readHistory: true,
    updateCreate: true,
    conditionalUpdate: true,
  },
};

/** The rows of this subject. */
export const APPOINTMENT_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/fhir/Appointment', needs: 'relay', rests, handler: writeAppointment },
  { method: 'PUT', path: '/fhir/Appointment', needs: 'relay', rests, handler: writeAppointment },
  // Before {id}, which would take its OPTIONS and its 405 for its own.
  { method: 'POST', path: '/fhir/Appointment/_search', needs: SEARCH, rests, handler: searchAppointment },
  { method: 'PUT', path: '/fhir/Appointment/:id', needs: 'relay', rests, handler: writeAppointment },
  { method: 'GET', path: '/fhir/Appointment', needs: SEARCH, rests, handler: searchAppointment, capability },
  { method: 'GET', path: '/fhir/Appointment/:id', needs: READ, rests, handler: readAppointment },
  {
    method: 'GET',
    path: '/fhir/Appointment/:id/_history',
    needs: READ,
    rests,
    handler: readAppointmentHistory,
  },
  {
    method: 'GET',
    path: '/fhir/Appointment/:id/_history/:version',
    needs: READ,
    rests,
    handler: readAppointmentVersion,
  },
  { method: 'GET', path: '/admin/activity', needs: ['admin'], handler: reportActivity },
  {
    method: 'GET',
    path: '/admin/appointments/erasures',
    needs: ['admin'],
    handler: answerErasedAppointments,
  },
  {
    method: 'POST',
    path: '/admin/appointments/:id/erase',
    needs: ['admin'],
    handler: eraseAppointment,
    body: ERASURE,
  },
  { method: 'GET', path: '/admin/export/appointments', needs: ['admin'], handler: exportAppointments },
];
