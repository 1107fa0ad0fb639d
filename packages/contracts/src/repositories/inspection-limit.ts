/** How long looking at a new repository may take, all attempts together: the first fetch of a large one takes its time. */
export const inspectionLimitMs = 60 * 60_000;
