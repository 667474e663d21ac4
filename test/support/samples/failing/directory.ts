// One failing sample at least per rule of practitioners, roles, places, organizations and services.
import { SYSTEM } from '../../../../shared/sas/canonical.ts';
import { edit, type FailingSamples } from '../edit.ts';

const OTHER = 'https://agenda.example/ids';

const practitioner: FailingSamples = {
  '[practitioner-identifier] none': edit('practitioner', { identifier: undefined }),
  '[practitioner-identifier-system] the vendor’s own': edit('practitioner', {
    'identifier[0].system': OTHER,
  }),
  '[practitioner-identifier-type] another code': edit('practitioner', {
    'identifier[0].type.coding[0].code': 'INTRN',
  }),
  '[practitioner-identifier-type] none': edit('practitioner', { 'identifier[0].type': undefined }),
  '[practitioner-identifier-type] two codings': edit('practitioner', {
    'identifier[0].type.coding[1]': { system: SYSTEM.identifierTypeHl7Fr, code: 'IDNPS' },
  }),
  '[practitioner-identifier-value] none': edit('practitioner', { 'identifier[0].value': undefined }),
  '[practitioner-identifier-prefix] no prefix': edit('practitioner', {
    'identifier[0].value': '99900000001',
  }),
};

const role: FailingSamples = {
  '[role-contained] another resource beside the place': edit('role', {
    'contained[1]': { resourceType: 'Organization', id: 'cabinet', name: 'Cabinet' },
    'organization.reference': '#cabinet',
  }),
  '[role-contained] nothing': edit('role', { contained: undefined }, { also: ['r4-ref-1'] }),
  '[role-location-one] none': edit('role', {
    location: undefined,
    healthcareService: [{ reference: '#place' }],
  }),
  '[role-location-one] two': edit('role', { 'location[1]': { reference: '#place' } }),
  '[role-location-contained] an entry of the Bundle': edit('role', {
    'location[0].reference': 'Location/location-1',
    healthcareService: [{ reference: '#place' }],
  }),
  '[role-practitioner] none': edit('role', { practitioner: undefined }),
  '[role-practitioner] a name instead of a reference': edit('role', {
    practitioner: { display: 'M. Ostrevan' },
  }),
  '[role-organization-type] another code': edit('role', {
    'organization.identifier.type.coding[0].code': 'IDNPS',
  }),
  '[role-organization-system] another system': edit('role', { 'organization.identifier.system': OTHER }),
  '[role-organization-prefix] a SIRET without prefix': edit('role', {
    'organization.identifier.value': '99999999900011',
  }),
  '[role-organization-complete] a value alone': edit('role', {
    'organization.identifier': { value: '399999999900011' },
  }),
};

const location: FailingSamples = {
  '[location-identifier] none': edit('location', { identifier: undefined }),
  '[location-identifier-complete] no system': edit('location', { 'identifier[0].system': undefined }),
  '[location-identifier-complete] no type': edit('location sos', { 'identifier[0].type': undefined }),
  '[location-identifier-type] another code': edit('location', {
    'identifier[0].type.coding[0].code': 'AUTRE',
  }),
  '[location-type-max] two': edit('location', { type: [{ text: 'Cabinet' }, { text: 'Maison' }] }),
  '[location-address] none': edit('location', { address: undefined }),
  '[location-address-line] none': edit('location', { 'address.line': undefined }),
  '[location-address-line] two': edit('location sos', {
    'address.line': ['Bâtiment B', '4 quai des Tanneurs'],
  }),
  '[location-address-city] none': edit('location', { 'address.city': undefined }),
  '[location-address-postal-code] none': edit('location sos', { 'address.postalCode': undefined }),
  '[location-postal-code-format] a foreign one': edit('location', { 'address.postalCode': 'L-1009' }),
  '[location-sos-identifier-type] a national identifier': edit('location sos', {
    'identifier[0].type.coding[0].code': 'IDNST',
    'identifier[0].system': SYSTEM.idnst,
  }),
  '[location-sos-name] none': edit('location sos', { name: undefined }),
  '[location-sos-organization] none': edit('location sos', { managingOrganization: undefined }),
};

const organization: FailingSamples = {
  '[organization-identifier-one] none': edit('organization cpts', { identifier: undefined }),
  '[organization-identifier-one] two': edit('organization sos', {
    'identifier[1]': {
      type: { coding: [{ system: SYSTEM.locationIdentifierType, code: 'IDNST' }] },
      system: SYSTEM.idnst,
      value: '399999999900029',
    },
  }),
  '[organization-identifier-type] the coding system of the other profile': edit('organization cpts', {
    'identifier[0].type.coding[0].system': SYSTEM.locationIdentifierType,
  }),
  '[organization-identifier-system] another system': edit('organization sos', {
    'identifier[0].system': OTHER,
  }),
  '[organization-identifier-value] none': edit('organization cpts', { 'identifier[0].value': undefined }),
  '[organization-type-slice] two codings': edit('organization cpts', {
    type: [
      {
        coding: [
          { system: SYSTEM.establishment, code: '604' },
          { system: SYSTEM.establishment, code: '603' },
        ],
      },
    ],
  }),
  '[organization-type-slice] the same nomenclature twice': edit('organization cpts', {
    type: [
      { coding: [{ system: SYSTEM.establishment, code: '604' }] },
      { coding: [{ system: SYSTEM.establishment, code: '603' }] },
    ],
  }),
  '[r4-org-1] neither identifier nor name': edit(
    'organization sos',
    { identifier: undefined, name: undefined },
    { also: ['organization-identifier-one'] },
  ),
  '[r4-org-2] a home address': edit('organization sos', { address: [{ use: 'home', city: 'Vaubrun' }] }),
  '[r4-org-3] a home phone': edit('organization cpts', { 'telecom[0].use': 'home' }),
  '[organization-finess] a SIRET': edit('organization cpts', { 'identifier[0].value': '399999999900011' }),
  '[organization-name] none': edit('organization cpts', { name: undefined }),
  '[organization-telecom] none': edit('organization cpts', { telecom: undefined }),
  '[organization-siret] no prefix': edit('organization sos', { 'identifier[0].value': '99999999900011' }),
};

const service: FailingSamples = {
  '[healthcare-service-id] none': edit('service', { id: undefined }),
  '[healthcare-service-provided-by] none': edit('service', { providedBy: undefined }),
  '[healthcare-service-category-max] two': edit('service', {
    category: [{ text: 'Soins' }, { text: 'Visite' }],
  }),
};

export const FAILING_DIRECTORY: FailingSamples = {
  ...practitioner,
  ...role,
  ...location,
  ...organization,
  ...service,
};
