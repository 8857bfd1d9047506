/**
 * Makes property tests repeatable: the same seed everywhere, so that a red run is a red commit. `FUZZ_SEED=random` looks
 * for new counterexamples (nightly); what it finds becomes a row of a table.
 */
import fc from 'fast-check';

const wanted = process.env.FUZZ_SEED ?? '20261120';
if (wanted !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(wanted) });
