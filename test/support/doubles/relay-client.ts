// A VendorClient against one test vendor, without process or link: for what a single exchange must come to.

import type { EditorConfig } from '../../../relay/base/config.ts';
import { type CertificateFiles, loadCertificates } from '../../../relay/certificates/certificates.ts';
import { VendorClient } from '../../../relay/vendor/vendor-client.ts';
import { type TestAuthority, VENDOR_NAME } from '../scenes/relay-authority.ts';

export interface ClientRequest {
  readonly baseUrl: string;
  readonly authority: TestAuthority;
  readonly files: { readonly certFile: string; readonly keyFile: string };
  readonly caFile?: string;
  readonly crlFiles?: readonly string[];
  readonly editor?: Partial<EditorConfig>;
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
  return new VendorClient(editor, loaded.certificates);
}
