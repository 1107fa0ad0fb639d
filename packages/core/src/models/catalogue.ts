import { DomainError, type ModelRequest } from '@fermata/contracts';
import { catalogue, type CatalogueModel, findModel } from '@fermata/contracts/models';

/** @throws DomainError `model_unknown` */
export function knownModel(name: string, models: readonly CatalogueModel[] = catalogue): CatalogueModel {
  const model = findModel(name, models);
  if (model) return model;
  const names = [...new Set(models.map((known) => known.name))].join(', ');
  throw new DomainError(
    'model_unknown',
    `The price of the model "${name}" is not known, so nothing can be reserved for it. State it in models.json in FERMATA_HOME, or in the file that FERMATA_MODELS_FILE names (docs/guides/models.md), and start again; or choose one of ${names}.`,
    { model: name },
  );
}

/** True when the asked model returns reasoning that must be sent back. */
export function reasons({ model, traits }: Pick<ModelRequest, 'model' | 'traits'>): boolean {
  return traits?.reasoning ?? isReasoningModel(model);
}

/** By its name. Unknown OpenAI names go by their family. */
export function isReasoningModel(name: string): boolean {
  return findModel(name)?.reasoning ?? (/^(o\d|gpt-([5-9]|\d\d))/.test(name) && !name.includes('chat'));
}

/** True when the asked model may be forced to call a tool. Claude models we do not know are not: the newer ones refuse. */
export function acceptsForcedToolUse({ model, traits }: Pick<ModelRequest, 'model' | 'traits'>): boolean {
  return traits?.forcedToolUse ?? findModel(model)?.forcedToolUse ?? !model.startsWith('claude-');
}
