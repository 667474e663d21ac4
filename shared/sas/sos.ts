// The search of SOS Médecins slots as SAS asks it: Schedules of associations, with their Slots. docs/guide.md G-301.

import type { SearchParameter } from '../fhir/search.ts';
import { SYSTEM } from './canonical.ts';
import { normaliseSiret } from './identifier.ts';
import { collectSearch, type Handling, type ReadQuery, type SearchVocabulary } from './search-parameters.ts';

const WORDS: SearchVocabulary = {
  startName: '_has:Slot:schedule:start',
  statusName: '_has:Slot:schedule:status',
  subjectName: 'actor:Location.organization.identifier',
  subjectSystem: SYSTEM.idnst,
  subjectWord: 'associations',
  normaliseSubject: normaliseSiret,
  includes: {
    '_revinclude=slot:schedule': ['schedule'],
    '_include=schedule:actor': ['location'],
    '_include=location:organization': ['organization'],
  },
};

/** The search parameters of `Schedule` that this face knows, for its CapabilityStatement. */
export const SOS_PARAMETERS = [WORDS.startName, WORDS.statusName, WORDS.subjectName] as const;

/** @throws GatewayError naming the parameter that cannot be served. */
export function readSosSearch(parameters: readonly SearchParameter[], handling: Handling): ReadQuery {
  const { window, subjects, ignored } = collectSearch(parameters, WORDS, handling);
  return { flow: 'SOS', window, subjects, ignored };
}
