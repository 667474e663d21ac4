// The search of practitioners' slots as SAS asks it: INT_R01, and INT_R04 when CPTS resources are included.
// docs/guide.md G-201, G-202, G-203. Whether it is asked of vendors, in which batches, is decided later.

import type { SearchParameter } from '../fhir/search.ts';
import { SYSTEM } from './canonical.ts';
import { normaliseProfessional } from './identifier.ts';
import { collectSearch, type Handling, type ReadQuery, type SearchVocabulary } from './search-parameters.ts';

const CPTS_INCLUDE = '_include=slot:service-type-reference';

const WORDS: SearchVocabulary = {
  startName: 'start',
  statusName: 'status',
  subjectName: 'schedule.actor:Practitioner.identifier',
  subjectSystem: SYSTEM.idnps,
  subjectWord: 'professionnels',
  normaliseSubject: normaliseProfessional,
  includes: {
    '_include=slot:schedule': ['schedule'],
    '_include=schedule:actor': ['practitioner', 'practitionerrole'],
    '_include=practitionerrole:practitioner': ['practitioner'],
    [CPTS_INCLUDE]: ['healthcareservice'],
    '_include=healthcareservice:organization': ['organization'],
  },
};

/** The search parameters of `Slot` that this face knows, for its CapabilityStatement. */
export const INDIVIDUAL_PARAMETERS = [WORDS.startName, WORDS.statusName, WORDS.subjectName] as const;

/** @throws GatewayError naming the parameter that cannot be served. */
export function readIndividualSearch(parameters: readonly SearchParameter[], handling: Handling): ReadQuery {
  const { window, subjects, includes, ignored } = collectSearch(parameters, WORDS, handling);
  return { flow: includes.has(CPTS_INCLUDE) ? 'INT_R04' : 'INT_R01', window, subjects, ignored };
}
