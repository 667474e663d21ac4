// A setting that is JSON text. Part of the schema in worker/base/config.ts.

import * as v from 'valibot';

/** A text that becomes the value of its JSON. */
export const jsonSetting = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return JSON.parse(dataset.value) as unknown;
    } catch {
      addIssue({ message: 'is not JSON' });
      return NEVER;
    }
  }),
);
