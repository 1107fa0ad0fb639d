import type {
  AgentRunActivities,
  AgentToolActivities,
  ChangeRequestActivities,
  ChangeRequestRecordActivities,
  ExternalAgentActivities,
  LandingQueueActivities,
  MeasuringActivities,
  OkrRunActivities,
  QuickToolActivities,
  RecordActivities,
  TaskActivities,
  WorktreeActivities,
} from '@fermata/contracts';

/** Every activity a workflow can call, by the contracts. */
export type AllActivities = AgentRunActivities &
  AgentToolActivities &
  ChangeRequestActivities &
  ChangeRequestRecordActivities &
  ExternalAgentActivities &
  LandingQueueActivities &
  MeasuringActivities &
  OkrRunActivities &
  QuickToolActivities &
  RecordActivities &
  TaskActivities &
  WorktreeActivities;

export type ActivityName = keyof AllActivities;
export type InputOf<K extends ActivityName> = Parameters<AllActivities[K]>[0];
export type ResultOf<K extends ActivityName> = Awaited<ReturnType<AllActivities[K]>>;
