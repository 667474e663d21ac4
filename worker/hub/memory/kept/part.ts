// What one vendor said of one practitioner or association, as the hub keeps it and as it crosses to the Worker that shows
// it again: the hub never reads the answer itself. Types only. docs/cache.md.

import type { Flow, SlotWindow } from '../../../../shared/sas/query.ts';

/** What one vendor said of one subject over a window. Times in milliseconds since 1970. */
export interface KeptPart {
  readonly vendor: string;
  readonly window: SlotWindow;
  readonly saidMs: number;
  /** Past it the part is never used. */
  readonly untilMs: number;
  /** An answer with this one subject, as lines of answer-frame.ts; empty: it had no free slot. */
  readonly lines: string;
}

/** A part with its subject, fresh from a search or read back after a restart. */
export interface SubjectPart extends KeptPart {
  readonly flow: Flow;
  /** Prefixed national identifier. */
  readonly subject: string;
}

/** What an isolate of the Worker holds of kept answers, as it says in its question. */
export interface KnownRevisions {
  /** Of the hub that gave them; revisions of another one say nothing. */
  readonly epoch: string;
  /** For each subject asked, up to which revision it has been told; 0: nothing. */
  readonly revisions: readonly number[];
}

/** Of the subjects asked, what was kept since the isolate was last told. */
export interface KeptNews {
  readonly epoch: string;
  readonly rows: readonly SubjectNews[];
}

/** What was kept of one subject since the isolate was last told; a part takes the place of the same vendor's before. */
export interface SubjectNews {
  /** Place in the list of subjects asked. */
  readonly subject: number;
  readonly revision: number;
  readonly parts: readonly KeptPart[];
}
