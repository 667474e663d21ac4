// Writes gathered answers as the texts that cross the link, each under its bound. docs/link-protocol.md.

import { FRAME_BYTES_MAX } from '../../shared/limits.ts';
import { writeAnswerLines } from '../../shared/link/answer-frame.ts';
import type { CallHead } from '../../shared/link/relay.ts';
import type { CallAnswer } from '../../shared/sas/answer.ts';
import { answerNothing } from './vendor-call.ts';

// What is not ASCII takes two or three bytes on the wire.
const BATCH_LENGTH_MAX = FRAME_BYTES_MAX / 4;
const ANSWER_LENGTH_MAX = FRAME_BYTES_MAX / 2;

export interface WrittenAnswer {
  readonly head: CallHead;
  readonly text: string;
}

export interface Frame {
  readonly heads: readonly CallHead[];
  /** Answers as lines, in the order of the heads. */
  readonly body: string;
}

/** An answer that no message can hold becomes a failure without its slots. */
export function writeAnswer(answer: CallAnswer): WrittenAnswer {
  const text = writeAnswerLines(answer);
  if (text.length > ANSWER_LENGTH_MAX) {
    const { durationMs, bytes, pages, noStore } = answer;
    return writeAnswer({ ...answerNothing(answer.call, 'too-large'), durationMs, bytes, pages, noStore });
  }
  const { call, failure, durationMs } = answer;
  return { head: { call, ...(failure && { failure }), durationMs }, text };
}

export function* cutFrames(written: readonly WrittenAnswer[]): Generator<Frame> {
  let heads: CallHead[] = [];
  let body = '';
  for (const { head, text } of written) {
    if (heads.length > 0 && body.length + text.length > BATCH_LENGTH_MAX) {
      yield { heads, body };
      heads = [];
      body = '';
    }
    body += heads.length === 0 ? text : `\n${text}`;
    heads.push(head);
  }
  if (heads.length > 0) yield { heads, body };
}
