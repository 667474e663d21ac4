// `npm run conformance -- --config FILE --editor ID --rpps A,B,…`: the whole checklist against one vendor.

process.exitCode = 3;
