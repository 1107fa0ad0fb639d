-- A run may have a part of its work done by a run of its own, in its worktree: a subtask. It stands one deeper than its
-- parent, and has a budget beneath the task's.
ALTER TABLE "agent_run" ADD COLUMN "parent_run_id" TEXT;
ALTER TABLE "agent_run" ADD COLUMN "depth" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "agent_run" ADD COLUMN "title" TEXT;
ALTER TABLE "agent_run" ADD COLUMN "result_schema" JSONB;
ALTER TABLE "agent_run" ADD CONSTRAINT "agent_run_parent_run_id_fkey" FOREIGN KEY ("parent_run_id") REFERENCES "agent_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "agent_run" ADD CONSTRAINT "agent_run_depth_check" CHECK (("parent_run_id" IS NULL) = ("depth" = 0) AND "depth" BETWEEN 0 AND 2);
CREATE INDEX "agent_run_parent_run_id_idx" ON "agent_run" ("parent_run_id");

-- As in 20261127010000_budget_tree, for subtasks too.
CREATE OR REPLACE FUNCTION "open_budgets"("p_workspace" TEXT, "p_subjects" TEXT[]) RETURNS VOID LANGUAGE sql AS $$
  INSERT INTO "budget" ("id", "workspace_id", "scope", "subject_id", "updated_at")
  SELECT 'bud_' || split_part("subject_id", '_', 2), "p_workspace", "scope", "subject_id", clock_timestamp()
  FROM (
    SELECT 'workspace' AS "scope", "id" AS "subject_id" FROM "workspace" WHERE "id" = "p_workspace" AND "id" = ANY("p_subjects")
    UNION ALL
    SELECT 'agent', "id" FROM "agent" WHERE "workspace_id" = "p_workspace" AND "id" = ANY("p_subjects")
    UNION ALL
    SELECT 'task', "id" FROM "task" WHERE "workspace_id" = "p_workspace" AND "id" = ANY("p_subjects")
    UNION ALL
    SELECT 'agent_run', "id" FROM "agent_run"
    WHERE "workspace_id" = "p_workspace" AND "id" = ANY("p_subjects") AND "parent_run_id" IS NOT NULL
  ) AS "known"
  ORDER BY "subject_id" ON CONFLICT DO NOTHING;
$$;
