/** Tests do not measure speed (`npm run bench` does); what takes longer than this on any machine hangs or is quadratic. */
export const hangMs = 15_000;
