// What a content fault is given besides the Bundle.

import type { FhirBundle } from '../search/bundle.ts';
import type { Pages } from '../search/pages.ts';
import type { Practice } from '../search/practice.ts';
import type { Search } from '../search/search.ts';
import type { TakenFault } from './faults.ts';

export interface ContentContext {
  readonly search: Search;
  readonly practice: Practice;
  readonly pages: Pages;
}

/** Alters the Bundle in place. */
export type Alteration = (bundle: FhirBundle, context: ContentContext, fault: TakenFault) => void;
