#!/bin/sh
# Installs what judges the drawings in tests, where it can be had: `sh scripts/judges.sh`. A browser and
# Graphviz come from the system's packages, Mermaid from npm into .judges/. Tests that lack one are skipped, and
# say so; nothing here fails.
cd "$(dirname "$0")/.."
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  for each in chromium graphviz; do
    case $each in graphviz) command=nop ;; *) command=$each ;; esac
    command -v "$command" >/dev/null && continue
    [ -n "${updated:-}" ] || timeout 120 apt-get update -qq || true
    updated=yes
    timeout 300 apt-get install -y -qq --no-install-recommends "$each" >/dev/null || true
  done
fi
if command -v npm >/dev/null && [ ! -f .judges/node_modules/mermaid/dist/mermaid.min.js ]; then
  mkdir -p .judges
  timeout 180 npm install --silent --no-audit --no-fund --prefix .judges mermaid@11 >/dev/null || true
fi
exit 0
