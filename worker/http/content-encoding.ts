// Answers in FHIR JSON compressed for those who ask. Cloudflare compresses application/json by itself, but not
// application/fhir+json (developers.cloudflare.com/speed/optimization/content/compression): there the Worker says so, and
// its runtime writes gzip. An event stream is never compressed: its parts would wait in the encoder.

/**
 * Shorter answers fit into the first flight of a connection (ten segments, RFC 6928) as they are. Characters, or bytes.
 * What it costs and spares: docs/performance.md.
 */
const GZIP_LENGTH_MIN = 16 * 1024;

/** The headers of an answer so long; `request`: undefined where nobody asked for it. */
export function encodingHeaders(
  length: number,
  request: Request | undefined,
): Readonly<Record<string, string>> {
  if (length < GZIP_LENGTH_MIN || request === undefined) return {};
  // With encodeBody "automatic" the runtime compresses what is called gzip.
  return { Vary: 'Accept-Encoding', ...(takesGzip(request) && { 'Content-Encoding': 'gzip' }) };
}

function takesGzip({ headers, cf }: Request): boolean {
  // Cloudflare writes its own Accept-Encoding over the caller's, and keeps that here.
  const { clientAcceptEncoding = headers.get('Accept-Encoding') ?? '' } = (cf ?? {}) as {
    readonly clientAcceptEncoding?: string;
  };
  const weights = new Map(
    clientAcceptEncoding.split(',').map((item): [string, boolean] => {
      const [coding = '', ...parameters] = item.toLowerCase().split(';');
      return [coding.trim(), !parameters.some((text) => /^\s*q\s*=\s*0(\.0*)?\s*$/.test(text))];
    }),
  );
  return weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? false;
}
