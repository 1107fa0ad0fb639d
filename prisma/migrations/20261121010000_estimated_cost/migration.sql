-- A call that broke off was probably billed: what it cost is reckoned, and stands beside the cost of the call that
-- brought the answer, so a step may have several entries.
ALTER TABLE "cost_entry" ADD COLUMN "estimated" BOOLEAN NOT NULL DEFAULT false;
DROP INDEX "cost_entry_step_id_key";
CREATE INDEX "cost_entry_step_id_idx" ON "cost_entry"("step_id");
