#!/usr/bin/env bash
# Twenty epochs of a head with and without the trunk's outputs kept: seconds, and whether the weights are the same bytes.
# ResNet-18 on photographs, MiniLM on questions; needs ../shared/data and the published weights (../shared/tools/published-weights.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
data=../shared/data
published=${GRAFT_PUBLISHED_WEIGHTS:-$HOME/.cache/graft/published-weights}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
graft=(dotnet artifacts/bin/graft/release/graft.dll)
[ -f artifacts/bin/graft/release/graft.dll ] || dotnet build tools/graft -c Release -v q

{ printf 'label\ttext\n'; head -"${QUESTIONS:-1000}" "$data/text/trec/TREC.train.all" | iconv -f latin1 -t utf-8 | sed 's/ /\t/'; } > "$work/questions.tsv"

run() { # name, further arguments
  local name=$1; shift
  for cache in off memory disk disk; do
    "${graft[@]}" fine-tune "$@" --strategy linear-probe --epochs 20 --frozen-epochs 0 --cache $cache --cache-dir "$work/rows" --seed 1 --json --out "$work/$name-$cache" > "$work/report.json" 2> "$work/errors" \
      || { cat "$work/errors"; exit 1; }
    printf '%s --cache %s: %s s' "$name" $cache "$(grep -o '"seconds":[0-9.]*' "$work/report.json" | tail -1 | cut -d: -f2)"
    if cmp -s "$work/$name-off/model.safetensors" "$work/$name-$cache/model.safetensors"; then echo ', the same weights'; else echo ', OTHER WEIGHTS'; fi
  done
}

run resnet18 --model "$published/resnet18/model.onnx" --preprocess "$published/resnet18/preprocess.onnx" --data "$data/hymenoptera/train" --augment none
run minilm --model "$published/minilm-l6" --task text-classification --data "$work/questions.tsv" --no-quotes --frozen-dropout off
