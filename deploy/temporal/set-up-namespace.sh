#!/bin/sh
# Makes Fermata's namespace and search attributes on the Temporal server of TEMPORAL_ADDRESS. Safe to repeat; whatever
# fails because the server is not ready yet is tried again by whoever runs this.
set -eu

namespace=${TEMPORAL_NAMESPACE:-fermata}

temporal operator cluster health
temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$namespace" --retention 168h

known=$(temporal operator search-attribute list --namespace "$namespace")
for name in fermataWorkspace fermataOkrRun fermataTask fermataRepository; do
  case $known in
    *"$name"*) ;;
    *) temporal operator search-attribute create --namespace "$namespace" --name "$name" --type Keyword ;;
  esac
done
