/**
 * Where things are inside a sandbox. The view is a repository of the agent's own; whatever it does to it, it is read only
 * by git that runs inside too.
 */
export const insideView = {
  repository: '/run/fermata/git',
  objects: '/run/fermata/objects',
  lent: '/run/fermata/lent',
  out: '/run/fermata/out',
} as const;

/** No configuration of the agent's home, and no program of its repository's. */
const quietGit = `
export GIT_DIR=${insideView.repository} GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 LC_ALL=C
git() { command git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 -c maintenance.auto=false "$@"; }
view=${insideView.repository} lent=${insideView.lent}
`;

/**
 * Brings the view to where the host's repository stands: branch, HEAD, index and a merge that the agent is to resolve.
 * Everything it is told lies in `lent`, written by us.
 */
export const showScript = `set -e
${quietGit}
if [ ! -e "$view/HEAD" ]; then
  mkdir -p "$view/objects/info" "$view/objects/pack" "$view/refs/heads" "$view/info"
  cp "$lent/config" "$view/config"
  cp "$lent/packed-refs" "$view/packed-refs"
  echo ${insideView.objects} > "$view/objects/info/alternates"
  echo 'ref: refs/heads/nothing-yet' > "$view/HEAD"
fi
for file in attributes exclude; do
  if [ -e "$lent/$file" ]; then cp "$lent/$file" "$view/info/$file"; fi
done
if [ -e "$lent/shallow" ]; then cp "$lent/shallow" "$view/shallow"; fi
rm -rf "$view/rebase-merge" "$view/rebase-apply"
cd "$view" && rm -f index.lock HEAD.lock MERGE_HEAD MERGE_MSG MERGE_MODE AUTO_MERGE CHERRY_PICK_HEAD REVERT_HEAD && cd "$OLDPWD"
if [ -s "$lent/gone" ]; then git update-ref --no-deref --stdin < "$lent/gone" || true; fi
if [ -s "$lent/refs" ]; then git update-ref --no-deref --stdin < "$lent/refs"; fi
head=$(cat "$lent/head")
if [ -e "$lent/branch" ]; then
  branch=$(cat "$lent/branch")
  if [ "$(cat "$view/HEAD")" != "ref: $branch" ]; then git symbolic-ref HEAD "$branch"; fi
elif git rev-parse --verify --quiet 'HEAD^{commit}' > /dev/null; then
  git update-ref -m fermata HEAD "$head"
else
  git update-ref --no-deref HEAD "$head"
fi
cp "$lent/index" "$view/index.lent"
mv -f "$view/index.lent" "$view/index"
for file in MERGE_HEAD MERGE_MSG; do
  if [ -e "$lent/$file" ]; then cp "$lent/$file" "$view/$file"; fi
done
`;

const mostBranches = 200;

/**
 * Says where the view stands, and puts the commits that the host does not have into a bundle: HEAD, the index as a
 * commit, what is being merged, and the branches and stash that the agent has made beside its task's.
 */
export const takeScript = `set -e
${quietGit}
out=refs/fermata/out
clear_out() { git for-each-ref --format='delete %(refname)' "$out" | git update-ref --no-deref --stdin; }
clear_out
head=$(git rev-parse --verify --quiet 'HEAD^{commit}')
echo "head $head"
git update-ref "$out/head" "$head"
echo "branch $(git symbolic-ref --quiet HEAD || true)"
if [ -d "$view/rebase-merge" ] || [ -d "$view/rebase-apply" ]; then echo 'rebasing'; fi
if tree=$(git write-tree 2> /dev/null); then
  index=$(git commit-tree -m index -p "$head" "$tree")
  echo "index $index"
  git update-ref "$out/index" "$index"
fi
count=0
if [ -e "$view/MERGE_HEAD" ]; then
  while read -r commit; do
    count=$((count + 1))
    echo "merging $commit"
    git update-ref "$out/merging-$count" "$commit"
  done < "$view/MERGE_HEAD"
fi
git for-each-ref --count=${mostBranches} --format='%(objectname) %(refname)' refs/heads refs/stash > ${insideView.out}/own
while read -r commit name; do
  if [ "$name" != "$(cat "$lent/own-branch")" ]; then git update-ref "$out/kept/$(printf %.12s "$commit")" "$commit"; fi
done < ${insideView.out}/own
git for-each-ref --format='%(refname)' "$out" > ${insideView.out}/refs
echo "^$(cat "$lent/head")" >> ${insideView.out}/refs
git bundle create --quiet ${insideView.out}/bundle --stdin < ${insideView.out}/refs 2> ${insideView.out}/refusal || rm -f ${insideView.out}/bundle
clear_out
`;
