// Faults that alter the Bundle of a search, applied in the order they were asked for.

import type { FhirBundle } from '../search/bundle.ts';
import type { Alteration, ContentContext } from './content-context.ts';
import * as extra from './extra-slots.ts';
import type { FAULTS, FaultKind } from './fault-kinds.ts';
import type { TakenFault } from './faults.ts';
import * as field from './field.ts';
import { loop, paginate, sendElsewhere } from './paging.ts';
import * as references from './references.ts';
import * as shapes from './shapes.ts';
import * as slots from './slots.ts';

type ContentKind = { [K in FaultKind]: (typeof FAULTS)[K]['stage'] extends 'content' ? K : never }[FaultKind];

const ALTERATIONS: Readonly<Record<ContentKind, Alteration>> = {
  'outside-window': extra.addOutsideWindow,
  'someone-else': extra.addSomeoneElse,
  busy: extra.addBusy,
  started: extra.addStarted,
  'duplicate-slots': extra.repeatSlots,
  'bad-dates': slots.writeBadDates,
  'status-uppercase': slots.writeStatusUppercase,
  'sos-pro': slots.addProKind,
  'non-http-comment': slots.writeOddComments,
  'missing-includes': shapes.dropIncludes,
  unprefixed: shapes.dropPrefixes,
  'french-phones': shapes.writeFrenchPhones,
  'no-profile': shapes.dropProfiles,
  'old-canonicals': shapes.swapCanonicals,
  'empty-elements': shapes.addEmptyElements,
  narrative: shapes.addNarratives,
  unsorted: shapes.shuffle,
  'no-total': shapes.dropTotal,
  'long-ids': references.lengthenIds,
  'absolute-refs': references.writeAbsolute,
  'urn-refs': references.writeUrns,
  'schedule-per-day': references.splitSchedulesByDay,
  'duplicate-practitioner': references.doublePractitioners,
  paging: paginate,
  'paging-loop': loop,
  'paging-foreign': sendElsewhere,
  'entry-shape': field.reshapeEntries,
  'mixed-bases': field.mixBases,
  'out-of-use': field.putOutOfUse,
  'outcome-incomplete': field.sayIncomplete,
  'cut-short': field.cutShort,
  'shared-schedule': field.shareSchedules,
  'foreign-labels': field.labelOtherwise,
  'versioned-refs': field.versionReferences,
};

export function alterContent(
  bundle: FhirBundle,
  context: ContentContext,
  faults: readonly TakenFault[],
): FhirBundle {
  for (const fault of faults) {
    if (isContent(fault.kind)) ALTERATIONS[fault.kind](bundle, context, fault);
  }
  return bundle;
}

function isContent(kind: FaultKind): kind is ContentKind {
  return Object.hasOwn(ALTERATIONS, kind);
}
