-- Ids are prefixed text, money is integer micro-USD, times are UTC. Every row carries its workspace.

CREATE TABLE "workspace" (
  "id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "workspace_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "principal" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "principal_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "api_token" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "principal_id" TEXT NOT NULL,
  "role" TEXT NOT NULL,
  "token_hash" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "expires_at" TIMESTAMPTZ(3),
  "revoked_at" TIMESTAMPTZ(3),
  CONSTRAINT "api_token_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "ledger_head" (
  "workspace_id" TEXT NOT NULL,
  "event_cursor" BIGINT NOT NULL,
  "audit_sequence" BIGINT NOT NULL,
  "audit_hash" TEXT NOT NULL,
  CONSTRAINT "ledger_head_pkey" PRIMARY KEY ("workspace_id")
);

CREATE TABLE "event" (
  "workspace_id" TEXT NOT NULL,
  "cursor" BIGINT NOT NULL,
  "type" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "subject_id" TEXT,
  "okr_run_id" TEXT,
  "task_id" TEXT,
  "agent_run_id" TEXT,
  "data" JSONB NOT NULL,
  CONSTRAINT "event_pkey" PRIMARY KEY ("workspace_id", "cursor")
);

CREATE TABLE "audit_entry" (
  "workspace_id" TEXT NOT NULL,
  "sequence" BIGINT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "actor" TEXT NOT NULL,
  "action" TEXT NOT NULL,
  "subject_id" TEXT NOT NULL,
  "detail" TEXT NOT NULL,
  "previous_hash" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("workspace_id", "sequence")
);

CREATE TABLE "repository" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "location" TEXT NOT NULL,
  "forge" TEXT NOT NULL,
  "default_branch" TEXT NOT NULL,
  "gate_source" TEXT NOT NULL,
  "setup_commands" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "repository_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "gate" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "repository_id" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "command" TEXT NOT NULL,
  "timeout_ms" INTEGER NOT NULL,
  CONSTRAINT "gate_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "agent" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "runtime" TEXT NOT NULL,
  "model" TEXT NOT NULL,
  "instructions" TEXT NOT NULL,
  "max_steps" INTEGER NOT NULL,
  "max_output_tokens" INTEGER NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "agent_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "objective" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "description" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "objective_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "okr_run" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "repository_id" TEXT NOT NULL,
  "agent_id" TEXT NOT NULL,
  "objective_id" TEXT,
  "goal" TEXT NOT NULL,
  "approval_mode" TEXT NOT NULL,
  "client_request_id" TEXT NOT NULL,
  "request_digest" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "paused_from" TEXT,
  "cancel_requested_at" TIMESTAMPTZ(3),
  "orders_revision" INTEGER NOT NULL DEFAULT 0,
  "orders_seen" INTEGER NOT NULL DEFAULT 0,
  "host" TEXT,
  "plan_digest" TEXT,
  "plan_revision" INTEGER NOT NULL DEFAULT 0,
  "estimated_micros" BIGINT,
  "max_parallel_tasks" INTEGER NOT NULL,
  "report" JSONB,
  "failure" JSONB,
  "waiting_on" JSONB,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "started_at" TIMESTAMPTZ(3),
  "ended_at" TIMESTAMPTZ(3),
  CONSTRAINT "okr_run_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "key_result" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "okr_run_id" TEXT NOT NULL,
  "objective_id" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "title" TEXT NOT NULL,
  "unit" TEXT NOT NULL,
  "direction" TEXT NOT NULL,
  "measure" JSONB NOT NULL,
  "stated_baseline" DOUBLE PRECISION,
  "target" DOUBLE PRECISION NOT NULL,
  "baseline" DOUBLE PRECISION,
  "value" DOUBLE PRECISION,
  "met" BOOLEAN,
  CONSTRAINT "key_result_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "key_result_measurement" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "key_result_id" TEXT NOT NULL,
  "phase" TEXT NOT NULL,
  "value" DOUBLE PRECISION,
  "command" TEXT,
  "commit" TEXT,
  "exit_code" INTEGER,
  "output_digest" TEXT,
  "failure" JSONB,
  "measured_by" TEXT NOT NULL,
  "measured_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "key_result_measurement_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "task" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "okr_run_id" TEXT NOT NULL,
  "repository_id" TEXT NOT NULL,
  "agent_id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "title" TEXT NOT NULL,
  "instructions" TEXT NOT NULL,
  "acceptance_criteria" JSONB NOT NULL,
  "verification_steps" JSONB NOT NULL,
  "predicted_paths" JSONB NOT NULL,
  "priority" INTEGER NOT NULL DEFAULT 0,
  "state" TEXT NOT NULL,
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "branch" TEXT,
  "base_commit" TEXT,
  "head_commit" TEXT,
  "host" TEXT,
  "summary" TEXT,
  "failure" JSONB,
  "waiting_on" JSONB,
  "cancel_requested_at" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "started_at" TIMESTAMPTZ(3),
  "ended_at" TIMESTAMPTZ(3),
  CONSTRAINT "task_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "task_dependency" (
  "workspace_id" TEXT NOT NULL,
  "task_id" TEXT NOT NULL,
  "depends_on_id" TEXT NOT NULL,
  CONSTRAINT "task_dependency_pkey" PRIMARY KEY ("task_id", "depends_on_id")
);

CREATE TABLE "agent_run" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "okr_run_id" TEXT NOT NULL,
  "task_id" TEXT,
  "agent_id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "round" INTEGER NOT NULL,
  "attempt" INTEGER NOT NULL,
  "continues_run_id" TEXT,
  "state" TEXT NOT NULL,
  "runtime" TEXT NOT NULL,
  "model" TEXT NOT NULL,
  "host" TEXT,
  "worktree_id" TEXT,
  "brief_digest" TEXT NOT NULL,
  "system_digest" TEXT NOT NULL,
  "max_steps" INTEGER NOT NULL,
  "result" JSONB,
  "failure" JSONB,
  "waiting_on" JSONB,
  "input_tokens" INTEGER NOT NULL DEFAULT 0,
  "output_tokens" INTEGER NOT NULL DEFAULT 0,
  "cache_read_tokens" INTEGER NOT NULL DEFAULT 0,
  "cache_write_tokens" INTEGER NOT NULL DEFAULT 0,
  "cost_micros" BIGINT NOT NULL DEFAULT 0,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "started_at" TIMESTAMPTZ(3),
  "ended_at" TIMESTAMPTZ(3),
  CONSTRAINT "agent_run_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "agent_step" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "agent_run_id" TEXT NOT NULL,
  "index" INTEGER NOT NULL,
  "kind" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "call_id" TEXT,
  "state" TEXT NOT NULL,
  "attempt" INTEGER NOT NULL,
  "input_digest" TEXT,
  "output_digest" TEXT,
  "checkpoint" TEXT,
  "usage" JSONB,
  "cost_micros" BIGINT,
  "failure" JSONB,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "ended_at" TIMESTAMPTZ(3),
  CONSTRAINT "agent_step_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "blob" (
  "workspace_id" TEXT NOT NULL,
  "digest" TEXT NOT NULL,
  "media_type" TEXT NOT NULL,
  "size" INTEGER NOT NULL,
  "content" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "blob_pkey" PRIMARY KEY ("workspace_id", "digest")
);

CREATE TABLE "gate_result" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "task_id" TEXT NOT NULL,
  "attempt" INTEGER NOT NULL,
  "phase" TEXT NOT NULL,
  "round" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "command" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "exit_code" INTEGER,
  "duration_ms" INTEGER NOT NULL,
  "commit" TEXT,
  "output_digest" TEXT,
  "ran_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "gate_result_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "review" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "task_id" TEXT NOT NULL,
  "attempt" INTEGER NOT NULL,
  "round" INTEGER NOT NULL,
  "agent_run_id" TEXT NOT NULL,
  "verdict" TEXT NOT NULL,
  "summary" TEXT NOT NULL,
  "findings" JSONB NOT NULL,
  "commit" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "review_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "approval" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "subject_id" TEXT NOT NULL,
  "workflow_id" TEXT NOT NULL,
  "okr_run_id" TEXT NOT NULL,
  "task_id" TEXT,
  "agent_run_id" TEXT,
  "digest" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "detail" JSONB NOT NULL,
  "requested_by" TEXT NOT NULL,
  "requested_at" TIMESTAMPTZ(3) NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "decided_by" TEXT,
  "decided_at" TIMESTAMPTZ(3),
  "reason" TEXT,
  "answer" TEXT,
  "settled_at" TIMESTAMPTZ(3),
  CONSTRAINT "approval_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "budget" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "scope" TEXT NOT NULL,
  "subject_id" TEXT NOT NULL,
  "limit_micros" BIGINT,
  "spent_micros" BIGINT NOT NULL DEFAULT 0,
  "held_micros" BIGINT NOT NULL DEFAULT 0,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "budget_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "budget_reservation" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "budget_id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "held_micros" BIGINT NOT NULL,
  "settled_micros" BIGINT,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "closed_at" TIMESTAMPTZ(3),
  CONSTRAINT "budget_reservation_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "cost_entry" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "okr_run_id" TEXT NOT NULL,
  "task_id" TEXT,
  "agent_run_id" TEXT NOT NULL,
  "step_id" TEXT NOT NULL,
  "model" TEXT NOT NULL,
  "input_tokens" INTEGER NOT NULL,
  "output_tokens" INTEGER NOT NULL,
  "cache_read_tokens" INTEGER NOT NULL,
  "cache_write_tokens" INTEGER NOT NULL,
  "cost_micros" BIGINT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "cost_entry_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "change_request" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "okr_run_id" TEXT NOT NULL,
  "task_id" TEXT NOT NULL,
  "attempt" INTEGER NOT NULL,
  "repository_id" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "branch" TEXT NOT NULL,
  "target_branch" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "body" TEXT NOT NULL,
  "base_commit" TEXT NOT NULL,
  "head_commit" TEXT NOT NULL,
  "merged_commit" TEXT,
  "waiting_on" JSONB,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "merged_at" TIMESTAMPTZ(3),
  "closed_at" TIMESTAMPTZ(3),
  CONSTRAINT "change_request_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "effect" (
  "id" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "subject_id" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "intent" JSONB NOT NULL,
  "result" JSONB,
  "attempts" INTEGER NOT NULL DEFAULT 1,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "settled_at" TIMESTAMPTZ(3),
  CONSTRAINT "effect_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "principal_workspace_id_idx" ON "principal"("workspace_id");
CREATE UNIQUE INDEX "api_token_token_hash_key" ON "api_token"("token_hash");
CREATE INDEX "event_workspace_id_okr_run_id_cursor_idx" ON "event"("workspace_id", "okr_run_id", "cursor");
CREATE INDEX "audit_entry_workspace_id_subject_id_idx" ON "audit_entry"("workspace_id", "subject_id");
CREATE UNIQUE INDEX "repository_workspace_id_location_key" ON "repository"("workspace_id", "location");
CREATE UNIQUE INDEX "repository_workspace_id_name_key" ON "repository"("workspace_id", "name");
CREATE UNIQUE INDEX "gate_repository_id_name_key" ON "gate"("repository_id", "name");
CREATE UNIQUE INDEX "agent_workspace_id_name_key" ON "agent"("workspace_id", "name");
CREATE INDEX "objective_workspace_id_idx" ON "objective"("workspace_id");
CREATE UNIQUE INDEX "okr_run_workspace_id_client_request_id_key" ON "okr_run"("workspace_id", "client_request_id");
CREATE INDEX "okr_run_workspace_id_state_idx" ON "okr_run"("workspace_id", "state");
CREATE UNIQUE INDEX "key_result_okr_run_id_position_key" ON "key_result"("okr_run_id", "position");
CREATE INDEX "key_result_workspace_id_objective_id_idx" ON "key_result"("workspace_id", "objective_id");
CREATE UNIQUE INDEX "key_result_measurement_key_result_id_phase_key" ON "key_result_measurement"("key_result_id", "phase");
CREATE UNIQUE INDEX "task_okr_run_id_key_key" ON "task"("okr_run_id", "key");
CREATE INDEX "task_workspace_id_state_idx" ON "task"("workspace_id", "state");
CREATE INDEX "task_dependency_depends_on_id_idx" ON "task_dependency"("depends_on_id");
CREATE UNIQUE INDEX "agent_run_key_key" ON "agent_run"("key");
CREATE INDEX "agent_run_workspace_id_state_idx" ON "agent_run"("workspace_id", "state");
CREATE INDEX "agent_run_okr_run_id_idx" ON "agent_run"("okr_run_id");
CREATE INDEX "agent_run_task_id_idx" ON "agent_run"("task_id");
CREATE UNIQUE INDEX "agent_step_agent_run_id_index_key" ON "agent_step"("agent_run_id", "index");
CREATE INDEX "agent_step_workspace_id_idx" ON "agent_step"("workspace_id");
CREATE UNIQUE INDEX "gate_result_task_id_attempt_phase_round_name_key" ON "gate_result"("task_id", "attempt", "phase", "round", "name");
CREATE UNIQUE INDEX "review_agent_run_id_key" ON "review"("agent_run_id");
CREATE INDEX "review_task_id_idx" ON "review"("task_id");
CREATE UNIQUE INDEX "approval_subject_id_digest_key" ON "approval"("subject_id", "digest");
CREATE INDEX "approval_workspace_id_state_idx" ON "approval"("workspace_id", "state");
CREATE INDEX "approval_okr_run_id_idx" ON "approval"("okr_run_id");
CREATE UNIQUE INDEX "budget_subject_id_key" ON "budget"("subject_id");
CREATE INDEX "budget_workspace_id_idx" ON "budget"("workspace_id");
CREATE UNIQUE INDEX "budget_reservation_budget_id_key_key" ON "budget_reservation"("budget_id", "key");
CREATE INDEX "budget_reservation_workspace_id_key_idx" ON "budget_reservation"("workspace_id", "key");
CREATE INDEX "budget_reservation_workspace_id_state_idx" ON "budget_reservation"("workspace_id", "state");
CREATE UNIQUE INDEX "cost_entry_step_id_key" ON "cost_entry"("step_id");
CREATE INDEX "cost_entry_workspace_id_okr_run_id_idx" ON "cost_entry"("workspace_id", "okr_run_id");
CREATE INDEX "cost_entry_agent_run_id_idx" ON "cost_entry"("agent_run_id");
CREATE UNIQUE INDEX "change_request_task_id_attempt_key" ON "change_request"("task_id", "attempt");
CREATE INDEX "change_request_workspace_id_state_idx" ON "change_request"("workspace_id", "state");
CREATE INDEX "change_request_okr_run_id_idx" ON "change_request"("okr_run_id");
CREATE UNIQUE INDEX "effect_workspace_id_key_key" ON "effect"("workspace_id", "key");
CREATE INDEX "effect_workspace_id_state_idx" ON "effect"("workspace_id", "state");

ALTER TABLE "principal" ADD CONSTRAINT "principal_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_principal_id_fkey" FOREIGN KEY ("principal_id") REFERENCES "principal"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "ledger_head" ADD CONSTRAINT "ledger_head_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "event" ADD CONSTRAINT "event_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "audit_entry" ADD CONSTRAINT "audit_entry_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "repository" ADD CONSTRAINT "repository_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "gate" ADD CONSTRAINT "gate_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "gate" ADD CONSTRAINT "gate_repository_id_fkey" FOREIGN KEY ("repository_id") REFERENCES "repository"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "agent" ADD CONSTRAINT "agent_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "objective" ADD CONSTRAINT "objective_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "okr_run" ADD CONSTRAINT "okr_run_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "okr_run" ADD CONSTRAINT "okr_run_repository_id_fkey" FOREIGN KEY ("repository_id") REFERENCES "repository"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "okr_run" ADD CONSTRAINT "okr_run_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agent"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "okr_run" ADD CONSTRAINT "okr_run_objective_id_fkey" FOREIGN KEY ("objective_id") REFERENCES "objective"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "key_result" ADD CONSTRAINT "key_result_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "key_result" ADD CONSTRAINT "key_result_okr_run_id_fkey" FOREIGN KEY ("okr_run_id") REFERENCES "okr_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "key_result" ADD CONSTRAINT "key_result_objective_id_fkey" FOREIGN KEY ("objective_id") REFERENCES "objective"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "key_result_measurement" ADD CONSTRAINT "key_result_measurement_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "key_result_measurement" ADD CONSTRAINT "key_result_measurement_key_result_id_fkey" FOREIGN KEY ("key_result_id") REFERENCES "key_result"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "task" ADD CONSTRAINT "task_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "task" ADD CONSTRAINT "task_okr_run_id_fkey" FOREIGN KEY ("okr_run_id") REFERENCES "okr_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "task" ADD CONSTRAINT "task_repository_id_fkey" FOREIGN KEY ("repository_id") REFERENCES "repository"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "task" ADD CONSTRAINT "task_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agent"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "task_dependency" ADD CONSTRAINT "task_dependency_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "task_dependency" ADD CONSTRAINT "task_dependency_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "task_dependency" ADD CONSTRAINT "task_dependency_depends_on_id_fkey" FOREIGN KEY ("depends_on_id") REFERENCES "task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "agent_run" ADD CONSTRAINT "agent_run_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "agent_run" ADD CONSTRAINT "agent_run_okr_run_id_fkey" FOREIGN KEY ("okr_run_id") REFERENCES "okr_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "agent_run" ADD CONSTRAINT "agent_run_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "agent_run" ADD CONSTRAINT "agent_run_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agent"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "agent_run" ADD CONSTRAINT "agent_run_continues_run_id_fkey" FOREIGN KEY ("continues_run_id") REFERENCES "agent_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "agent_step" ADD CONSTRAINT "agent_step_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "agent_step" ADD CONSTRAINT "agent_step_agent_run_id_fkey" FOREIGN KEY ("agent_run_id") REFERENCES "agent_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "blob" ADD CONSTRAINT "blob_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "gate_result" ADD CONSTRAINT "gate_result_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "gate_result" ADD CONSTRAINT "gate_result_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "review" ADD CONSTRAINT "review_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "review" ADD CONSTRAINT "review_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "review" ADD CONSTRAINT "review_agent_run_id_fkey" FOREIGN KEY ("agent_run_id") REFERENCES "agent_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "approval" ADD CONSTRAINT "approval_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "approval" ADD CONSTRAINT "approval_okr_run_id_fkey" FOREIGN KEY ("okr_run_id") REFERENCES "okr_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "approval" ADD CONSTRAINT "approval_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "approval" ADD CONSTRAINT "approval_agent_run_id_fkey" FOREIGN KEY ("agent_run_id") REFERENCES "agent_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "budget" ADD CONSTRAINT "budget_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "budget_reservation" ADD CONSTRAINT "budget_reservation_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "budget_reservation" ADD CONSTRAINT "budget_reservation_budget_id_fkey" FOREIGN KEY ("budget_id") REFERENCES "budget"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "cost_entry" ADD CONSTRAINT "cost_entry_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "cost_entry" ADD CONSTRAINT "cost_entry_okr_run_id_fkey" FOREIGN KEY ("okr_run_id") REFERENCES "okr_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "cost_entry" ADD CONSTRAINT "cost_entry_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "cost_entry" ADD CONSTRAINT "cost_entry_agent_run_id_fkey" FOREIGN KEY ("agent_run_id") REFERENCES "agent_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "change_request" ADD CONSTRAINT "change_request_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "change_request" ADD CONSTRAINT "change_request_okr_run_id_fkey" FOREIGN KEY ("okr_run_id") REFERENCES "okr_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "change_request" ADD CONSTRAINT "change_request_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "change_request" ADD CONSTRAINT "change_request_repository_id_fkey" FOREIGN KEY ("repository_id") REFERENCES "repository"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "effect" ADD CONSTRAINT "effect_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "budget" ADD CONSTRAINT "budget_amounts_check" CHECK ("spent_micros" >= 0 AND "held_micros" >= 0 AND ("limit_micros" IS NULL OR "limit_micros" >= 0));
ALTER TABLE "event" SET (fillfactor = 100);
ALTER TABLE "ledger_head" SET (fillfactor = 50);

-- The last statement of every change. The row lock on the ledger's head is held from here to the commit, so a cursor
-- becomes visible only when every smaller one of its workspace has been decided. The text that is hashed is the
-- canonical JSON of the entry, as packages/database/src/ledger/verify-audit-chain.ts composes it again.
CREATE FUNCTION "record_change"("p_workspace" TEXT, "p_events" JSONB, "p_audit" JSONB) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  "moment" TIMESTAMPTZ(3);
  "moment_text" TEXT;
  "head" "ledger_head"%ROWTYPE;
  "entry" JSONB;
  "chained" TEXT;
BEGIN
  SELECT * INTO "head" FROM "ledger_head" WHERE "workspace_id" = "p_workspace" FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'workspace % has no ledger', "p_workspace";
  END IF;
  "moment" := date_trunc('milliseconds', clock_timestamp());
  "moment_text" := to_char("moment" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

  INSERT INTO "event" ("workspace_id", "cursor", "type", "at", "subject_id", "okr_run_id", "task_id", "agent_run_id", "data")
  SELECT "p_workspace", "head"."event_cursor" + "place", "item"->>'type', "moment", "item"->>'subjectId',
         "item"->>'okrRunId', "item"->>'taskId', "item"->>'agentRunId', "item"->'data'
  FROM jsonb_array_elements("p_events") WITH ORDINALITY AS "listed"("item", "place");

  FOR "entry" IN SELECT * FROM jsonb_array_elements("p_audit") LOOP
    "head"."audit_sequence" := "head"."audit_sequence" + 1;
    "chained" := encode(sha256(convert_to(
      "head"."audit_hash" || '{"action":' || ("entry"->'action')::text || ',"actor":' || ("entry"->'actor')::text
      || ',"at":"' || "moment_text" || '","detail":' || ("entry"->>'detail') || ',"sequence":' || "head"."audit_sequence"
      || ',"subjectId":' || ("entry"->'subjectId')::text || '}', 'UTF8')), 'hex');
    INSERT INTO "audit_entry" ("workspace_id", "sequence", "at", "actor", "action", "subject_id", "detail", "previous_hash", "hash")
    VALUES ("p_workspace", "head"."audit_sequence", "moment", "entry"->>'actor', "entry"->>'action', "entry"->>'subjectId',
            "entry"->>'detail', "head"."audit_hash", "chained");
    "head"."audit_hash" := "chained";
  END LOOP;

  UPDATE "ledger_head"
  SET "event_cursor" = "head"."event_cursor" + jsonb_array_length("p_events"),
      "audit_sequence" = "head"."audit_sequence",
      "audit_hash" = "head"."audit_hash"
  WHERE "workspace_id" = "p_workspace";
  PERFORM pg_notify('fermata_events', "p_workspace");
END;
$$;
