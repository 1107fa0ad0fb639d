-- Signs of life: each worker says again and again that it is there. Worktrees lie on one host, so what is at work on a host
-- that has not been heard of goes on only when that host does. Hosts serve every workspace and belong to none.
CREATE TABLE "host" (
  "id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "version" TEXT NOT NULL,
  "containment" TEXT NOT NULL,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
  "stopped_at" TIMESTAMPTZ(3),
  CONSTRAINT "host_pkey" PRIMARY KEY ("id")
);
