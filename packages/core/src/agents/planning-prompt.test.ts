import { leastPlanningPromptBytes } from '@fermata/contracts/models';
import { describe, expect, it } from 'vitest';
import { promptText } from '../models/estimate-usage.js';
import { toolsFor } from '../tools/index.js';
import { systemPromptFor } from './index.js';

describe('what every planner is told and given', () => {
  it('is as long as the warning of too small a budget takes it to be, and not much longer', () => {
    const repository = { name: 'a', defaultBranch: 'main' };
    const system = systemPromptFor('plan', { repository, gates: [], agentInstructions: '' });
    const tools = toolsFor('plan').map((tool) => tool.schema);
    const bytes = Buffer.byteLength(
      promptText({ model: 'm', system, tools, messages: [], toolChoice: 'auto', maxOutputTokens: 1 }),
    );
    expect(bytes).toBeGreaterThanOrEqual(leastPlanningPromptBytes);
    expect(bytes).toBeLessThan(leastPlanningPromptBytes * 1.25);
  });
});
