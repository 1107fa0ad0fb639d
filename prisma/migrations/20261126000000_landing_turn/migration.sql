-- Change requests that are to land on one branch of one repository take turns: their rows are the queue, in the order of
-- their positions. A position is given while the repository's row is locked, so a later one never shows before an earlier.
CREATE TABLE "landing_turn" (
  "workspace_id" TEXT NOT NULL,
  "repository_id" TEXT NOT NULL,
  "target_branch" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "change_request_id" TEXT NOT NULL,
  "queued_at" TIMESTAMPTZ(3) NOT NULL,
  "taken_at" TIMESTAMPTZ(3),
  CONSTRAINT "landing_turn_pkey" PRIMARY KEY ("workspace_id", "repository_id", "target_branch", "position")
);
CREATE UNIQUE INDEX "landing_turn_change_request_id_key" ON "landing_turn"("change_request_id");
ALTER TABLE "landing_turn" ADD CONSTRAINT "landing_turn_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "landing_turn" ADD CONSTRAINT "landing_turn_repository_id_fkey" FOREIGN KEY ("repository_id") REFERENCES "repository"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "landing_turn" ADD CONSTRAINT "landing_turn_change_request_id_fkey" FOREIGN KEY ("change_request_id") REFERENCES "change_request"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
