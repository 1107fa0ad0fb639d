import type { StateTable } from '../state-table.js';

export const ReservationState = { held: 'held', settled: 'settled', released: 'released' } as const;
export type ReservationState = (typeof ReservationState)[keyof typeof ReservationState];

/**
 * A released key may be held again (the same call is tried once more) and settled (the money turned out to be spent
 * after all).
 */
export const reservationTransitions: StateTable<ReservationState> = {
  held: ['settled', 'released'],
  settled: [],
  released: ['held', 'settled'],
};
