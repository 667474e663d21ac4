// Code lists and systems that only the validators need; the rest is in canonical.ts. The lists of TRE_* and
// fr-core value sets are not published with the package: only what the guide itself names is pinned.
// Source: docs/guide.md G-111, G-114, G-215.
import { BOOKABLE_CODES, CONSULTATION_CODES, SLOT_KINDS, SLOT_KINDS_SOS } from './canonical.ts';

export const ORGANIZATION_TYPE_SYSTEM = 'http://interopsante.org/fhir/CodeSystem/fr-v2-3307';
export const SECTOR_SYSTEM =
  'https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite';
export const ORIENTATION_SYSTEM =
  'https://interop.esante.gouv.fr/ig/fhir/sas/CodeSystem/categorie-orientation-sas-codesystem';
export const ORIENTATION_EXTENSION =
  'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-categorie-orientation';

/** Part of every known spelling of TRE_R66's system (docs/guide.md G-112): tells a wrong spelling from another system. */
export const ESTABLISHMENT_SYSTEM_MARK = 'TRE_R66-';

// Sets of `unknown`, because what is looked up comes from outside.
const setOf = (codes: readonly string[]): ReadonlySet<unknown> => new Set<unknown>(codes);

export const KINDS = setOf(SLOT_KINDS);
export const SOS_KINDS = setOf(SLOT_KINDS_SOS);
/** v3-ActEncounterCode. */
export const ENCOUNTER_ACTS = setOf('AMB EMER FLD HH IMP ACUTE NONAC OBSENC PRENC SS VR'.split(' '));
export const SAS_ACTS = setOf(CONSULTATION_CODES);
export const APPOINTMENT_TYPES = setOf(BOOKABLE_CODES);
export const SAS_APPOINTMENT_STATUSES = setOf(['booked', 'fulfilled', 'noshow', 'cancelled', 'pending']);
export const PARTICIPANT_STATUSES = setOf(['accepted', 'needs-action']);
export const OPERATOR_TYPES = setOf(['IDNPS', 'INTRN']);
export const ORIENTATIONS = setOf(['001', '002', '003']);
export const ORIENTATION_CATEGORIES = setOf(['604', '603', '124']);
