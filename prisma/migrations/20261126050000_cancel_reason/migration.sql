-- Why somebody asked for the end of a run or a task, where whoever looks at it sees it: so far only the audit knew.
ALTER TABLE "okr_run" ADD COLUMN "cancel_reason" TEXT;
ALTER TABLE "task" ADD COLUMN "cancel_reason" TEXT;
