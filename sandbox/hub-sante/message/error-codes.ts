// The codes of Hub Santé's errors, with the names that the Hub gives them.

const ERROR_CODES: Readonly<Record<number, string>> = {
  100: 'DELIVERY_MODE_INCONSISTENCY',
  101: 'NOT_ALLOWED_CONTENT_TYPE',
  102: 'UNRECOGNIZED_MESSAGE_FORMAT',
  200: 'SENDER_INCONSISTENCY',
  300: 'INVALID_MESSAGE',
  301: 'SCHEMA_NOT_FOUND',
  400: 'EXPIRED_MESSAGE_BEFORE_ROUTING',
  409: 'CONFLICT',
  // DEAD_LETTERED_QUEUE in the guide.
  500: 'DEAD_LETTER_QUEUED',
  501: 'UNROUTABLE_MESSAGE',
  600: 'MESSAGE_CONVERSION_ERROR',
};

/** As the member `errorCode` of an error; a code that the table lacks (700 and on) has a name of its own. */
export function describeCode(code: number): { readonly statusCode: number; readonly statusString: string } {
  return { statusCode: code, statusString: ERROR_CODES[code] ?? `OTHER_${code}` };
}
