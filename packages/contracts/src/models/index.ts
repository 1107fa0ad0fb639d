export { hiddenPromptTokens, leastFirstCall, leastPlanningPromptBytes, worstCaseCost } from './call-reservation.js';
export { catalogue, type CatalogueModel, findModel } from './catalogue.js';
