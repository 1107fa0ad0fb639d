#!/bin/sh
# Makes Temporal's two databases, or brings them up to date. Safe to repeat.
# Reads POSTGRES_SEEDS (host), POSTGRES_USER and SQL_PASSWORD.
set -eu

sql_tool() {
  temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" -p 5432 -u "$POSTGRES_USER" "$@"
}

for part in temporal visibility; do
  case $part in
    temporal) database=temporal ;;
    visibility) database=temporal_visibility ;;
  esac
  sql_tool --db "$database" create
  sql_tool --db "$database" setup-schema -v 0.0
  sql_tool --db "$database" update-schema -d "/etc/temporal/schema/postgresql/v12/$part/versioned"
done
