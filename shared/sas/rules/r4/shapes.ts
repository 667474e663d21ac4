// The elements of the R4 types that the guide uses, written as text: `name:type`, `*` repeats, `!` is
// mandatory, `=list` names a required code list. What a profile makes mandatory with a rule of its own is not
// marked here, so that one mistake is one finding. Compiled once, when the module loads. Pure data.
import { PRIMITIVES, type PrimitiveCheck } from './primitives.ts';

export interface Field {
  readonly many: boolean;
  readonly primitive: PrimitiveCheck | undefined;
  /** `undefined` with `primitive` undefined: a type that is not modelled, walked without a shape. */
  readonly shape: Shape | undefined;
  readonly codes: ReadonlySet<unknown> | undefined;
  /** A whole resource stands here. */
  readonly resource: 'contained' | 'entry' | undefined;
  readonly modifier: boolean;
}

export interface Shape {
  readonly name: string;
  readonly fields: Map<string, Field>;
  readonly required: string[];
}

const CODE_LISTS: Readonly<Record<string, ReadonlySet<unknown>>> = {
  use: new Set('usual official temp secondary old'.split(' ')),
  nameUse: new Set('usual official temp nickname anonymous old maiden'.split(' ')),
  contactUse: new Set('home work temp old mobile'.split(' ')),
  contactSystem: new Set('phone fax email pager url sms other'.split(' ')),
  addressUse: new Set('home work temp old billing'.split(' ')),
  addressType: new Set('postal physical both'.split(' ')),
  gender: new Set('male female other unknown'.split(' ')),
  days: new Set('mon tue wed thu fri sat sun'.split(' ')),
  narrative: new Set('generated extensions additional empty'.split(' ')),
  slotStatus: new Set('busy free busy-unavailable busy-tentative entered-in-error'.split(' ')),
  appointmentStatus: new Set(
    (
      'proposed pending booked arrived fulfilled cancelled noshow entered-in-error checked-in ' + 'waitlist'
    ).split(' '),
  ),
  participantRequired: new Set('required optional information-only'.split(' ')),
  locationStatus: new Set('active suspended inactive'.split(' ')),
  locationMode: new Set('instance kind'.split(' ')),
  searchMode: new Set('match include outcome'.split(' ')),
  bundleType: new Set(
    (
      'document message transaction transaction-response batch batch-response history searchset ' +
      'collection'
    ).split(' '),
  ),
  httpVerb: new Set('GET HEAD POST PUT DELETE PATCH'.split(' ')),
  severity: new Set('fatal error warning information'.split(' ')),
};

const DOMAIN =
  'resourceType:resourceType id:id meta:Meta implicitRules:uri? language:code text:Narrative ' +
  'contained:Resource* extension:Extension* modifierExtension:Extension*?';
const ELEMENT = 'id:string extension:Extension*';
const BACKBONE = `${ELEMENT} modifierExtension:Extension*?`;

const AVAILABLE = `${BACKBONE} daysOfWeek:code*=days allDay:boolean availableStartTime:time availableEndTime:time`;
const NOT_AVAILABLE = `${BACKBONE} description:string! during:Period`;

const TYPES: Readonly<Record<string, string>> = {
  Element: ELEMENT,
  Meta: `${ELEMENT} versionId:id lastUpdated:instant source:uri profile:canonical* security:Coding* tag:Coding*`,
  Narrative: `${ELEMENT} status:code!=narrative div:xhtml!`,
  Coding: `${ELEMENT} system:uri version:string code:code display:string userSelected:boolean`,
  CodeableConcept: `${ELEMENT} coding:Coding* text:string`,
  Reference: `${ELEMENT} reference:string type:uri identifier:Identifier display:string`,
  Identifier:
    `${ELEMENT} use:code=use type:CodeableConcept system:uri value:string period:Period ` +
    'assigner:Reference',
  Period: `${ELEMENT} start:dateTime end:dateTime`,
  HumanName:
    `${ELEMENT} use:code=nameUse text:string family:string given:string* prefix:string* suffix:string* ` +
    'period:Period',
  ContactPoint:
    `${ELEMENT} system:code=contactSystem value:string use:code=contactUse rank:positiveInt ` +
    'period:Period',
  Address:
    `${ELEMENT} use:code=addressUse type:code=addressType text:string line:string* city:string ` +
    'district:string state:string postalCode:string country:string period:Period',
  Attachment:
    `${ELEMENT} contentType:code language:code data:base64Binary url:url size:unsignedInt ` +
    'hash:base64Binary title:string creation:dateTime',
  Slot:
    `${DOMAIN} identifier:Identifier* serviceCategory:CodeableConcept* serviceType:CodeableConcept* ` +
    'specialty:CodeableConcept* appointmentType:CodeableConcept schedule:Reference ' +
    'status:code=slotStatus start:instant end:instant overbooked:boolean comment:string',
  Schedule:
    `${DOMAIN} identifier:Identifier* active:boolean serviceCategory:CodeableConcept* ` +
    'serviceType:CodeableConcept* specialty:CodeableConcept* actor:Reference* planningHorizon:Period ' +
    'comment:string',
  Practitioner:
    `${DOMAIN} identifier:Identifier* active:boolean name:HumanName* telecom:ContactPoint* ` +
    'address:Address* gender:code=gender birthDate:date photo:Attachment* ' +
    'qualification:Practitioner.qualification* communication:CodeableConcept*',
  'Practitioner.qualification': `${BACKBONE} identifier:Identifier* code:CodeableConcept! period:Period issuer:Reference`,
  PractitionerRole:
    `${DOMAIN} identifier:Identifier* active:boolean period:Period practitioner:Reference ` +
    'organization:Reference code:CodeableConcept* specialty:CodeableConcept* location:Reference* ' +
    'healthcareService:Reference* telecom:ContactPoint* availableTime:AvailableTime* ' +
    'notAvailable:NotAvailable* availabilityExceptions:string endpoint:Reference*',
  AvailableTime: AVAILABLE,
  NotAvailable: NOT_AVAILABLE,
  Location:
    `${DOMAIN} identifier:Identifier* status:code=locationStatus operationalStatus:Coding name:string ` +
    'alias:string* description:string mode:code=locationMode type:CodeableConcept* telecom:ContactPoint* ' +
    'address:Address physicalType:CodeableConcept position:Location.position ' +
    'managingOrganization:Reference partOf:Reference hoursOfOperation:Location.hoursOfOperation* ' +
    'availabilityExceptions:string endpoint:Reference*',
  'Location.position': `${BACKBONE} longitude:decimal! latitude:decimal! altitude:decimal`,
  'Location.hoursOfOperation': `${BACKBONE} daysOfWeek:code*=days allDay:boolean openingTime:time closingTime:time`,
  Organization:
    `${DOMAIN} identifier:Identifier* active:boolean type:CodeableConcept* name:string alias:string* ` +
    'telecom:ContactPoint* address:Address* partOf:Reference contact:Organization.contact* ' +
    'endpoint:Reference*',
  'Organization.contact': `${BACKBONE} purpose:CodeableConcept name:HumanName telecom:ContactPoint* address:Address`,
  HealthcareService:
    `${DOMAIN} identifier:Identifier* active:boolean providedBy:Reference category:CodeableConcept* ` +
    'type:CodeableConcept* specialty:CodeableConcept* location:Reference* name:string comment:string ' +
    'extraDetails:markdown photo:Attachment telecom:ContactPoint* coverageArea:Reference* ' +
    'serviceProvisionCode:CodeableConcept* eligibility:HealthcareService.eligibility* ' +
    'program:CodeableConcept* characteristic:CodeableConcept* communication:CodeableConcept* ' +
    'referralMethod:CodeableConcept* appointmentRequired:boolean availableTime:AvailableTime* ' +
    'notAvailable:NotAvailable* availabilityExceptions:string endpoint:Reference*',
  'HealthcareService.eligibility': `${BACKBONE} code:CodeableConcept comment:markdown`,
  Appointment:
    `${DOMAIN} identifier:Identifier* status:code=appointmentStatus cancelationReason:CodeableConcept ` +
    'serviceCategory:CodeableConcept* serviceType:CodeableConcept* specialty:CodeableConcept* ' +
    'appointmentType:CodeableConcept reasonCode:CodeableConcept* reasonReference:Reference* ' +
    'priority:unsignedInt description:string supportingInformation:Reference* start:instant end:instant ' +
    'minutesDuration:positiveInt slot:Reference* created:dateTime comment:string ' +
    'patientInstruction:string basedOn:Reference* participant:Appointment.participant* ' +
    'requestedPeriod:Period*',
  'Appointment.participant':
    `${BACKBONE} type:CodeableConcept* actor:Reference required:code=participantRequired status:code ` +
    'period:Period',
  Bundle:
    'resourceType:resourceType id:id meta:Meta implicitRules:uri? language:code identifier:Identifier ' +
    'type:code=bundleType timestamp:instant total:unsignedInt link:Bundle.link* entry:Bundle.entry* ' +
    'signature:Signature',
  'Bundle.link': `${BACKBONE} relation:string! url:uri!`,
  'Bundle.entry':
    `${BACKBONE} link:Bundle.link* fullUrl:uri resource:EntryResource search:Bundle.entry.search ` +
    'request:Bundle.entry.request response:Bundle.entry.response',
  'Bundle.entry.search': `${BACKBONE} mode:code=searchMode score:decimal`,
  'Bundle.entry.request':
    `${BACKBONE} method:code!=httpVerb url:uri! ifNoneMatch:string ifModifiedSince:instant ifMatch:string ` +
    'ifNoneExist:string',
  'Bundle.entry.response': `${BACKBONE} status:string! location:uri etag:string lastModified:instant outcome:Resource`,
  OperationOutcome: `${DOMAIN} issue:OperationOutcome.issue*!`,
  'OperationOutcome.issue':
    `${BACKBONE} severity:code!=severity code:code! details:CodeableConcept diagnostics:string ` +
    'location:string* expression:string*',
};

/** Types that `Extension.value[x]` may take. Those without a shape above are walked for emptiness only. */
const EXTENSION_VALUES =
  'base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid positiveInt ' +
  'string time unsignedInt uri url uuid Address Age Annotation Attachment CodeableConcept Coding ' +
  'ContactPoint Count Distance Duration HumanName Identifier Money Period Quantity Range Ratio Reference ' +
  'SampledData Signature Timing ContactDetail Contributor DataRequirement Expression ParameterDefinition ' +
  'RelatedArtifact TriggerDefinition UsageContext Dosage Meta';

const EXTENSION = `${ELEMENT} url:uri! ${EXTENSION_VALUES.split(' ')
  .map((type) => `value${type.charAt(0).toUpperCase()}${type.slice(1)}:${type}`)
  .join(' ')}`;

const FIELD = /^(\w+):([\w.]+?)(\*?)(!?)(\??)(?:=(\w+))?$/;

function compile(texts: Readonly<Record<string, string>>): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const name in texts) shapes.set(name, { name, fields: new Map(), required: [] });
  for (const [name, text] of Object.entries(texts)) {
    for (const word of text.split(' ')) {
      const [, field = '', type = '', many, required, modifier, codes = ''] = FIELD.exec(word) ?? [];
      if (field === '') throw new TypeError(`R4 shape ${name}: "${word}" is not a field`);
      shapes.get(name)?.fields.set(field, {
        many: many === '*',
        primitive: PRIMITIVES.get(type),
        shape: shapes.get(type),
        codes: CODE_LISTS[codes],
        resource: type === 'Resource' ? 'contained' : type === 'EntryResource' ? 'entry' : undefined,
        modifier: modifier === '?',
      });
      if (required === '!') shapes.get(name)?.required.push(field);
    }
  }
  return shapes;
}

export const SHAPES = compile({ ...TYPES, Extension: EXTENSION });
