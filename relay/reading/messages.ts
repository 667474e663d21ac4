// Types of the messages that the main thread and its reader threads send each other.

import type { FailedCall } from '../../shared/failure.ts';
import type { ReadQuestion, SentPage, WrittenAnswer } from './answer-reading.ts';

/** What a reader thread begins with. */
export interface ReaderData {
  /** Over that of the process, 0 to 19. */
  readonly niceness: number;
}

/** What a reader thread is told. */
export type ToReader =
  | {
      readonly kind: 'read';
      /** Of the call, unique in this process. */
      readonly reading: number;
      /** Whose memory is used: a vendor as it stands in the settings now. */
      readonly vendor: number;
      readonly question: ReadQuestion;
      /** Those this thread has not read; of another thread that was killed, all. Their bytes are shared, and never change. */
      readonly pages: readonly SentPage[];
      /** No more pages come, for this reason. */
      readonly failure?: FailedCall;
    }
  /** The call was given up. */
  | { readonly kind: 'drop'; readonly reading: number }
  /** The vendor has left the settings, or is in them anew. */
  | { readonly kind: 'forget'; readonly vendor: number };

/** What became of the pages. */
export type Step =
  | { readonly kind: 'next'; readonly next: string }
  | { readonly kind: 'done'; readonly answer: WrittenAnswer };

/** `ready` once, then one reply to each `read`, in order. `cpuUs`: what the thread has used since it began, microseconds. */
export type FromReader = { readonly cpuUs: number } & (
  | { readonly kind: 'ready' }
  | Step
  /** Our own mistake. */
  | { readonly kind: 'broken'; readonly error: string }
);
