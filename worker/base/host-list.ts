// A setting that lists host names, apart by commas or blanks.

import * as v from 'valibot';

/** Lower case, without a last dot; `form`: what one may be. Absent: none. */
export function hostList(form: RegExp) {
  return v.pipe(
    v.optional(v.string(), ''),
    v.transform((text) =>
      text
        .toLowerCase()
        .split(/[\s,]+/)
        .map((host) => host.replace(/\.$/, ''))
        .filter((host) => host !== ''),
    ),
    v.everyItem((host) => form.test(host), 'is not a list of host names'),
  );
}
