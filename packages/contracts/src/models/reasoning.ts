/** How much a model that can think does so before it answers. Each provider has a setting of its own for it. */
export const Reasoning = { off: 'off', low: 'low', medium: 'medium', high: 'high' } as const;
export type Reasoning = (typeof Reasoning)[keyof typeof Reasoning];
