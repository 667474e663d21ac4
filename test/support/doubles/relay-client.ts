// A VendorClient against one test vendor, without process or link: for what a single exchange must come to.

import type { EditorConfig } from '../../../relay/base/config.ts';
import { type CertificateFiles, loadCertificates } from '../../../relay/certificates/certificates.ts';
import { readBody } from '../../../relay/reading/body.ts';
import { Readers } from '../../../relay/reading/readers.ts';
import type { RetryBudget } from '../../../relay/search/retry-budget.ts';
import { callVendor, type Exchanged } from '../../../relay/search/vendor-call.ts';
import { type PageFailure, VendorClient } from '../../../relay/vendor/vendor-client.ts';
import { readAnswerLines } from '../../../shared/link/answer-frame.ts';
import type { SearchPlan } from '../../../shared/link/relay.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import { type TestAuthority, VENDOR_NAME } from '../scenes/relay/authority.ts';

export interface ClientRequest {
  readonly baseUrl: string;
  readonly authority: TestAuthority;
  readonly files: { readonly certFile: string; readonly keyFile: string };
  readonly caFile?: string;
  readonly crlFiles?: readonly string[];
  readonly editor?: Partial<EditorConfig>;
  readonly readers?: Readers;
}

export function makeClient(request: ClientRequest): VendorClient {
  const { authority, baseUrl } = request;
  const files: CertificateFiles = {
    ...request.files,
    caFile: request.caFile ?? authority.files.caBundle,
    clientCaFile: authority.files.caBundle,
    crlFiles: request.crlFiles ?? [],
  };
  const loaded = loadCertificates(files, 'client', 'editors[0]', Date.now());
  if (loaded.certificates === undefined) throw new Error(JSON.stringify(loaded.problems));
  const editor: EditorConfig = {
    id: 'agenda-test',
    name: 'Agenda',
    baseUrl,
    flows: ['INT_R01', 'INT_R04', 'SOS'],
    ...files,
    crlFiles: [...files.crlFiles],
    server: VENDOR_NAME,
    redirectHosts: [],
    concurrency: 8,
    queue: 64,
    ...request.editor,
  };
  return new VendorClient(editor, loaded.certificates, (request.readers ?? READERS).open(editor.id));
}

/** Of the test file: they end with its process. */
export const READERS = new Readers();

/** One call, and its answer as the edge reads it. */
export async function askVendor(
  client: VendorClient,
  plan: SearchPlan,
  signal: AbortSignal,
  budget: RetryBudget,
): Promise<Omit<Exchanged, 'answer'> & { readonly answer: CallAnswer }> {
  const exchanged = await callVendor(client, plan, 0, signal, budget);
  const [answer] = readAnswerLines(Buffer.from(exchanged.answer.lines).toString('utf8'));
  if (answer === undefined) throw new Error('no answer was written');
  return { ...exchanged, answer };
}

interface ReadPage {
  readonly json: unknown;
  readonly bytes: number;
  readonly status: number;
  readonly noStore: boolean;
}

/** One page, read on the spot. */
export async function readPage(
  client: VendorClient,
  bytesMax: number,
  signal = AbortSignal.timeout(60_000),
): Promise<Result<ReadPage, PageFailure>> {
  const holding = client.hold();
  const page = await client.fetchPage('/fhir/Slot', bytesMax, holding, signal);
  holding.release();
  if (!page.ok) return page;
  const { body, status, noStore } = page.value;
  const read = readBody(Buffer.from(body), page.value, { bytesMax });
  if (!read.ok) return err({ ...read.error, status });
  const { json, bytes } = read.value;
  return ok({ json, bytes, status, noStore });
}
