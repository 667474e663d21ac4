// One failing sample at least per rule of R4 itself.
import { edit, type FailingSamples } from '../edit.ts';

/** Extensions inside extensions, deeper than any resource of the guide. */
function nested(levels: number): unknown {
  let extension: Record<string, unknown> = { url: 'https://agenda.example/x', valueBoolean: true };
  for (let level = 0; level < levels; level += 1) {
    extension = { url: 'https://agenda.example/x', extension: [extension] };
  }
  return [extension];
}

const EXTENSION_URL = 'https://agenda.example/x';

export const FAILING_R4: FailingSamples = {
  '[r4-resource-type] another resource': edit('slot', { resourceType: 'Schedule' }),
  '[r4-resource-type] a contained resource without type': edit(
    'role',
    {
      'contained[0].resourceType': undefined,
    },
    { also: ['role-contained'] },
  ),
  '[r4-element-unknown] an element of a later version': edit('slot', { serviceTypes: 'AMB' }),
  '[r4-element-unknown] a companion of an element that is no primitive': edit('slot', {
    _schedule: { id: 'a' },
  }),
  '[r4-type] a number for a text': edit('slot', { comment: 5 }),
  '[r4-type] a text for a boolean': edit('slot', { overbooked: 'false' }),
  '[r4-type] a text for an object': edit('slot', { appointmentType: 'ROUTINE' }),
  '[r4-array] one object for a list': edit('slot', { specialty: { text: 'Pédiatrie' } }),
  '[r4-array] a list for one object': edit('slot', { appointmentType: [{ text: 'ROUTINE' }] }),
  '[r4-required] an extension without url': edit('slot', { extension: [{ valueBoolean: true }] }),
  '[r4-depth] extensions nested forty deep': edit('slot', { extension: nested(40) }),
  '[r4-ele-1] an empty text': edit('slot', { comment: '' }),
  '[r4-ele-1] a null': edit('slot', { comment: null }),
  '[r4-ele-1] an empty list': edit('slot', { 'meta.tag': [] }),
  '[r4-ele-1] an empty object': edit('schedule', { planningHorizon: {} }),
  '[r4-ele-1] a null in a list of primitives without companion': edit('practitioner', {
    'name[0].given': ['Maëlle', null],
  }),
  '[r4-modifier] an extension that changes the meaning': edit('slot', {
    modifierExtension: [{ url: EXTENSION_URL, valueBoolean: true }],
  }),
  '[r4-modifier] rules of construction of their own': edit('slot', { implicitRules: EXTENSION_URL }),
  '[r4-code-list] a gender in French': edit('practitioner', { gender: 'femme' }),
  '[r4-string] only blanks': edit('schedule', { comment: '   ' }),
  '[r4-string] a control character': edit('schedule', { comment: 'Lundi\u0007' }),
  '[r4-string-trim] a blank at the end': edit('schedule', { comment: 'Lundi ' }),
  '[r4-string-length] over a megabyte': edit('schedule', { comment: 'a'.repeat(1_048_577) }),
  '[r4-unicode] half of a surrogate pair': edit('schedule', { comment: 'Lundi \ud83d' }),
  '[r4-code] two blanks inside': edit('slot', { language: 'fr  FR' }),
  '[r4-id] a blank': edit('slot', { id: 'slot 1' }),
  '[r4-id] sixty-five characters': edit('slot', { id: 'a'.repeat(65) }),
  '[r4-uri] a blank': edit('slot', { 'meta.source': 'https://agenda.example/ma source' }),
  '[r4-instant] no offset': edit('slot', { start: '2026-03-02T09:00:00.000' }),
  '[r4-instant] a day that does not exist': edit('slot', { start: '2026-02-29T09:00:00.000+01:00' }),
  '[r4-instant] no seconds': edit('slot', { end: '2026-03-02T09:20+01:00' }),
  '[r4-date-time] a thirteenth month': edit('practitioner', { birthDate: '1981-13-01' }),
  '[r4-date-time] hours and minutes alone': edit('location sos', {
    'hoursOfOperation[0].openingTime': '08:00',
  }),
  '[r4-number] a rank of zero': edit('role', { 'telecom[0].rank': 0 }),
  '[r4-number] more than any number': edit('location sos', {
    position: { longitude: Number.POSITIVE_INFINITY, latitude: 1 },
  }),
  '[r4-base64] plain text': edit('practitioner', { photo: [{ contentType: 'image/png', data: '<photo>' }] }),
  '[r4-xhtml] plain text': edit('slot', { text: { status: 'generated', div: 'Créneau libre' } }),
  '[r4-ref-1] nothing contained has that id': edit('practitioner', {
    qualification: [{ code: { text: 'DES' }, issuer: { reference: '#faculte' } }],
  }),
  '[r4-ext-1] neither value nor extension': edit('slot', { extension: [{ url: EXTENSION_URL }] }),
  '[r4-ext-1] two values': edit('slot', {
    extension: [{ url: EXTENSION_URL, valueBoolean: true, valueString: 'oui' }],
  }),
  '[r4-per-1] the end comes first': edit('practitioner', {
    'identifier[0].period': { start: '2026-03', end: '2026-02-01' },
  }),
  '[r4-cpt-2] a value without system': edit('slot', {
    extension: [{ url: EXTENSION_URL, valueContactPoint: { value: '+33199000009' } }],
  }),
  '[r4-att-1] data without type': edit('practitioner', { photo: [{ data: 'AAAA' }] }),
  '[r4-dom-2] a resource inside a contained one': edit('role', {
    'contained[0].contained': [{ resourceType: 'Organization', id: 'garde', name: 'Garde' }],
  }),
  '[r4-dom-3] contained and never referenced': edit('slot', {
    contained: [{ resourceType: 'Organization', id: 'garde', name: 'Garde' }],
  }),
  '[r4-dom-4] a version of its own': edit('role', { 'contained[0].meta.versionId': '1' }),
  '[r4-dom-5] a security label of its own': edit('role', { 'contained[0].meta.security': [{ code: 'R' }] }),
};
