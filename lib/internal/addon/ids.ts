/** Names a cell of shared memory; 0 names none. */
export type CellId = number;
/** Names a pending async wait of this environment. */
export type Token = number;
