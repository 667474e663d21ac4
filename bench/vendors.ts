// The simulated vendors of a bench, all in one process of their own: what they cost is neither the load
// generator's nor the program's under test. Steered through each vendor's control port. Arguments: folder of the
// test authority, then the vendors' ids; says `vendors-ready` with their addresses.

import { startVendor, type Vendor } from '../sandbox/vendors/vendor.ts';

const [pki = '', ...ids] = process.argv.slice(2);

const vendors: readonly Vendor[] = await Promise.all(
  ids.map((id, rank) => startVendor({ id, seed: rank + 1, pki, settings: { population: 'any' } })),
);
const vendorAddresses = vendors.map(({ id, url, controlUrl }) => ({ id, url, controlUrl }));
process.stdout.write(`${JSON.stringify({ event: 'vendors-ready', vendors: vendorAddresses })}\n`);
process.once('SIGTERM', () => {
  void Promise.all(vendors.map((vendor) => vendor.close())).then(() => process.exit(0));
});
