-- What kept the run's programs from the rest of the machine; null for a run that had begun before this was recorded.
ALTER TABLE "agent_run" ADD COLUMN "containment" TEXT;
