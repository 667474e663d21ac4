// Gathers written answers into the messages that cross the link, each under its bound. docs/link-protocol.md.

import { FRAME_BYTES_MAX } from '../../shared/limits.ts';
import { withTiming } from '../../shared/link/answer-frame.ts';
import type { CallHead } from '../../shared/link/relay.ts';
import type { WrittenAnswer } from '../reading/answer-reading.ts';

const BATCH_BYTES_MAX = FRAME_BYTES_MAX / 4;
const BREAK = Buffer.from('\n');

export interface Frame {
  readonly heads: readonly CallHead[];
  /** UTF-8 of the answers as lines, in the order of the heads; pieces, to be joined as they are. */
  readonly body: readonly Uint8Array[];
}

/** An answer is never cut: one above the bound is a frame of its own. */
export function* cutFrames(written: readonly WrittenAnswer[]): Generator<Frame> {
  let heads: CallHead[] = [];
  let body: Uint8Array[] = [];
  let bytes = 0;
  for (const { facts, lines, timing, waitedMs = 0 } of written) {
    if (heads.length > 0 && bytes + lines.length > BATCH_BYTES_MAX) {
      yield { heads, body };
      heads = [];
      body = [];
      bytes = 0;
    }
    if (heads.length > 0) body.push(BREAK);
    if (timing === undefined) body.push(lines);
    else body.push(...withTiming(lines, facts.call, timing));
    bytes += lines.length + 1;
    const { call, failure, durationMs } = facts;
    heads.push({ call, ...(failure && { failure }), durationMs: Math.max(durationMs - waitedMs, 0) });
  }
  if (heads.length > 0) yield { heads, body };
}
