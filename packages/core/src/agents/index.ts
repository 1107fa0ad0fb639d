export { assembleConversation, type ConversationRecord } from './assemble-conversation.js';
export { type BriefTask } from './brief-task.js';
export { type CheckedResult, checkResult, type ResultByKind } from './check-result.js';
export { fitConversation } from './fit-conversation.js';
export { planBrief, type PlanBriefInput } from './plan-brief.js';
export { repairBrief, type RepairBriefInput } from './repair-brief.js';
export { reviewBrief, type ReviewBriefInput } from './review-brief.js';
export { systemPromptFor, type SystemPromptContext } from './system-prompt.js';
export { workBrief, type WorkBriefInput } from './work-brief.js';
