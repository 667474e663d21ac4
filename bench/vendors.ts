// The simulated vendors of a bench, all in one process of their own: what they cost is neither the load
// generator's nor the program's under test. Steered through each vendor's control port. Arguments: folder of the
// test authority, niceness of the process over that of the run (0 to 19), the first vendor's rank, then the vendors' ids; says
// `vendors-ready` with their addresses.

import { getPriority, setPriority } from 'node:os';
import { startVendor, type Vendor } from '../sandbox/vendors/vendor.ts';

const [pki = '', niceness = '0', firstRank = '0', ...ids] = process.argv.slice(2);
// Linux: of this thread, and of those that it starts from now on, compression's among them.
setPriority(Math.min(getPriority() + Number(niceness), 19));

const vendors: readonly Vendor[] = await Promise.all(
  ids.map((id, index) =>
    startVendor({ id, seed: Number(firstRank) + index + 1, pki, settings: { population: 'any' } }),
  ),
);
const vendorAddresses = vendors.map(({ id, url, controlUrl }) => ({ id, url, controlUrl }));
process.stdout.write(`${JSON.stringify({ event: 'vendors-ready', vendors: vendorAddresses })}\n`);
process.once('SIGTERM', () => {
  void Promise.all(vendors.map((vendor) => vendor.close())).then(() => process.exit(0));
});
