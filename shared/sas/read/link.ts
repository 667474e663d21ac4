// The booking page of a slot (`Slot.comment`): docs/guide.md G-705, G-706.

const LENGTH_MAX = 2_048;

/** The URL in normal form; undefined for other schemes, credentials, lost characters, or what is no URL. */
export function bookingLink(written: string): string | undefined {
  const text = written.trim();
  if (
    text.length > LENGTH_MAX ||
    text.includes('\ufffd') ||
    !/^https?:\/\//i.test(text) ||
    !URL.canParse(text)
  )
    return undefined;
  const url = new URL(text);
  return url.username === '' && url.password === '' ? url.href : undefined;
}
