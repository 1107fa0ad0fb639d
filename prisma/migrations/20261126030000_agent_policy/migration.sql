-- What an agent may do. An agent that was made without one works without being asked, within the built-in deny table.
ALTER TABLE "agent" ADD COLUMN "policy" JSONB NOT NULL DEFAULT '{"mode":"full","rules":[],"hosts":[]}';
ALTER TABLE "agent" ALTER COLUMN "policy" DROP DEFAULT;
