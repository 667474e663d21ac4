// A search from its raw address to its result, kept with what was understood of it for the faults that need it.

import { Refusal } from '../outcome.ts';
import type { SearchResult } from './bundle.ts';
import type { Practice } from './practice.ts';
import { readScheduleRequest, type ScheduleRequest, searchSchedules } from './schedule-search.ts';
import { readSlotRequest, type SlotRequest, searchSlots } from './slot-search.ts';

export type Search =
  | { readonly flow: 'slot'; readonly request: SlotRequest; readonly result: SearchResult }
  | { readonly flow: 'schedule'; readonly request: ScheduleRequest; readonly result: SearchResult };

export function runSearch(route: string, url: string, practice: Practice): Search {
  const cut = url.indexOf('?');
  const raw = cut < 0 ? '' : url.slice(cut + 1);
  const self = `${practice.base}/${route}?${raw.replaceAll('|', '%7C')}`;
  switch (route) {
    case 'Slot': {
      const request = readSlotRequest(raw, practice);
      return { flow: 'slot', request, result: searchSlots(request, self, practice) };
    }
    case 'Schedule': {
      const request = readScheduleRequest(raw, practice);
      return { flow: 'schedule', request, result: searchSchedules(request, self, practice) };
    }
    default:
      throw new Refusal(404, 'not-found', 'adresse inconnue');
  }
}
