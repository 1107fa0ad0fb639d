-- How long one run of an agent may work before a person is asked whether it may go on; waits are not counted. Four hours for
-- agents that were given nothing else. Runs that had begun before keep no limit.
ALTER TABLE "agent" ADD COLUMN "max_work_ms" INTEGER NOT NULL DEFAULT 14400000;
ALTER TABLE "agent_run" ADD COLUMN "max_work_ms" INTEGER;
