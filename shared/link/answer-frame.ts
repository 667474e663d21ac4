// Answers cross the link as messages of their own beside Cap'n Web's, so that no text is escaped twice: a first line
// that names the search, one of heads, then each answer as a skeleton in JSON (its resources told by number) followed
// by one line per resource text. The hub reads the first two lines; only the Worker reads the rest, and it pastes the
// resource lines without parsing them. Both ends and the exact bytes: docs/link-protocol.md.

import type { CallAnswer, CallTiming, Place, ResourceText } from '../sas/answer.ts';
import type { CallHead } from './relay.ts';

/** First character of such a message; Cap'n Web's are JSON arrays. */
const MARK = 'A';

export interface AnswerFrame {
  /** `SearchPlan.id` */
  readonly search: string;
  readonly heads: readonly CallHead[];
  /** Written answers, in the order of the heads. */
  readonly body: string;
}

/** The whole message; `body` is taken as it is. */
export function writeFrame(frame: AnswerFrame): string {
  return writeFrameHead(frame) + frame.body;
}

/** What stands in such a message before its body. */
export function writeFrameHead({ search, heads }: Omit<AnswerFrame, 'body'>): string {
  return `${MARK}${search}\n${JSON.stringify(heads)}\n`;
}

/** Whether a message of the link is a frame rather than one of Cap'n Web's. */
export function isFrame(message: unknown): message is string {
  return typeof message === 'string' && message.startsWith(MARK);
}

/** @throws when the message is not whole: the link is then as good as broken. */
export function readFrame(message: string): AnswerFrame {
  const first = message.indexOf('\n');
  const second = message.indexOf('\n', first + 1);
  if (first < 0 || second < 0) throw new TypeError('answer frame without its heads');
  const heads = JSON.parse(message.slice(first + 1, second)) as CallHead[];
  return { search: message.slice(MARK.length, first), heads, body: message.slice(second + 1) };
}

interface NumberedResource {
  readonly type: string;
  readonly id: string;
  /** Number of its line behind the skeleton. */
  readonly line: number;
}

/** JSON text holds no raw line break, so a text is a line. */
class Lines {
  readonly texts: string[] = [];

  number = ({ type, id, text }: ResourceText): NumberedResource => ({
    type,
    id,
    line: this.texts.push(text) - 1,
  });
}

/** One answer as lines; answers are joined by a line break. */
export function writeAnswerLines(answer: CallAnswer): string {
  const lines = new Lines();
  const numberPlace = (place: Place) => ({
    ...place,
    schedule: lines.number(place.schedule),
    site: lines.number(place.site),
  });
  // The call's number first and the count of lines last: who does not want an answer passes it by these.
  const { call, ...rest } = answer;
  const skeleton = {
    call,
    ...rest,
    subjects: answer.subjects.map((subject) => ({
      ...subject,
      holder: lines.number(subject.holder),
      places: subject.places.map(numberPlace),
    })),
    services: answer.services.map(({ service, organization, ...said }) => ({
      ...said,
      service: lines.number(service),
      organization: lines.number(organization),
    })),
    lines: lines.texts.length,
  };
  const head = JSON.stringify(skeleton);
  return lines.texts.length === 0 ? head : `${head}\n${lines.texts.join('\n')}`;
}

/**
 * An answer as `writeAnswerLines` wrote it, in UTF-8, with what was learned of it since: in two pieces, and nothing of a long
 * answer is copied. `call`: its number.
 */
export function withTiming(
  lines: Uint8Array<ArrayBuffer>,
  call: number,
  timing: CallTiming,
): readonly [head: Uint8Array<ArrayBuffer>, rest: Uint8Array<ArrayBuffer>] {
  const first = `{"call":${call}`;
  const head = new TextEncoder().encode(`${first},"timing":${JSON.stringify(timing)}`);
  return [head, lines.subarray(first.length)];
}

type Numbered<T> = T extends ResourceText
  ? NumberedResource
  : T extends readonly (infer Item)[]
    ? readonly Numbered<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Numbered<T[Key]> }
      : T;
type Skeleton = Omit<CallAnswer, 'subjects' | 'services'> & {
  readonly subjects: Numbered<CallAnswer['subjects']>;
  readonly services: Numbered<CallAnswer['services']>;
  readonly lines: number;
};

/**
 * The answers of a frame's body; those to calls that are not wanted are passed by unread.
 * @throws when it is not what `writeAnswerLines` wrote.
 */
export function readAnswerLines(body: string, isWanted?: (call: number) => boolean): CallAnswer[] {
  const lines = body.split('\n');
  const answers: CallAnswer[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    const unwanted = isWanted && linesOfUnwanted(line, isWanted);
    if (unwanted !== undefined) {
      at += 1 + unwanted;
      continue;
    }
    const { lines: count, subjects, services, ...rest } = JSON.parse(line) as Skeleton;
    const start = at + 1;
    const textOf = ({ type, id, line: number }: NumberedResource): ResourceText => {
      const text = lines[start + number];
      if (text === undefined || number >= count) throw new TypeError('answer without its texts');
      return { type, id, text };
    };
    answers.push({
      ...rest,
      subjects: subjects.map((subject) => ({
        ...subject,
        holder: textOf(subject.holder),
        places: subject.places.map((place) => ({
          ...(place as unknown as Place),
          schedule: textOf(place.schedule),
          site: textOf(place.site),
        })),
      })),
      services: services.map(({ service, organization, ...said }) => ({
        ...said,
        service: textOf(service),
        organization: textOf(organization),
      })),
    });
    at = start + count;
  }
  return answers;
}

/** Where one answer of a body stands: from its first character to the line break behind it. */
export interface AnswerSpan {
  readonly call: number;
  readonly from: number;
  readonly to: number;
}

/** The answers of a frame's body, in their order, unread. @throws as `readAnswerLines`. */
export function answerSpans(body: string): AnswerSpan[] {
  const spans: AnswerSpan[] = [];
  const endOf = (from: number): number => {
    const end = body.indexOf('\n', from);
    return end < 0 ? body.length : end;
  };
  for (let from = 0; from < body.length; ) {
    let to = endOf(from);
    const { call, lines } = sizeOf(body.slice(from, to));
    if (call === undefined || lines === undefined) throw new TypeError('answer without its size');
    for (let line = 0; line < lines; line += 1) to = endOf(to + 1);
    spans.push({ call, from, to });
    from = to + 1;
  }
  return spans;
}

/** How many lines belong to an answer that is not wanted; undefined when it must be read. */
function linesOfUnwanted(skeleton: string, isWanted: (call: number) => boolean): number | undefined {
  const { call, lines } = sizeOf(skeleton);
  return call === undefined || isWanted(call) ? undefined : lines;
}

/** What stands first and last in a skeleton. */
function sizeOf(skeleton: string): { readonly call?: number; readonly lines?: number } {
  const [, call] = /^\{"call":(\d+)[,}]/.exec(skeleton) ?? [];
  const [, lines] = /^"lines":(\d+)\}$/.exec(skeleton.slice(skeleton.lastIndexOf('"lines":'))) ?? [];
  return {
    ...(call !== undefined && { call: Number(call) }),
    ...(lines !== undefined && { lines: Number(lines) }),
  };
}
