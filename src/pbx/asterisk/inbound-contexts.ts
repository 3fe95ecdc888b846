/** Where calls from outside begin in a plain Asterisk, in FreePBX and in its relatives. */
export const INBOUND_CONTEXTS = ['from-trunk', 'from-pstn', 'from-did-direct', 'ext-did'] as const;
