import type { StateTable } from '../state-table.js';

export const ReservationState = { held: 'held', settled: 'settled', released: 'released' } as const;
export type ReservationState = (typeof ReservationState)[keyof typeof ReservationState];

export const reservationTransitions: StateTable<ReservationState> = {
  held: ['settled', 'released'],
  settled: [],
  released: [],
};
