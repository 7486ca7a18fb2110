# Everything a person types. `just` lists the recipes.

set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

export UV_PROJECT_ENVIRONMENT := justfile_directory() / "venv/orchestrator"
# Imports of the engines take seconds without byte code.
export UV_COMPILE_BYTECODE := "1"
# Names of files are UTF-8, in whatever locale.
export PYTHONUTF8 := "1"
# uv does nothing without a cache that it can write to.
export UV_CACHE_DIR := `cache="${UV_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/uv}"; mkdir -p "$cache" 2>/dev/null && [[ -w "$cache" ]] && echo "$cache" || echo "$PWD/.indicsubs/cache/uv"`

# Variables of a user's shell that would make uv or Python take another project, environment or code.
# The stages get none of uv's but those of packages/processes/.../process_variables.py.
unexport UV_PROJECT
unexport UV_WORKING_DIR
unexport UV_NO_PROJECT
unexport UV_ISOLATED
unexport UV_ENV_FILE
unexport UV_NO_ENV_FILE
unexport UV_NO_SYNC
unexport UV_FROZEN
unexport UV_LOCKED
unexport UV_PYTHON
unexport UV_SYSTEM_PYTHON
unexport UV_MANAGED_PYTHON
unexport UV_NO_MANAGED_PYTHON
unexport UV_PYTHON_PREFERENCE
unexport UV_NO_EDITABLE
unexport UV_DEV
unexport UV_NO_DEV
unexport UV_NO_GROUP
unexport UV_NO_DEFAULT_GROUPS
unexport UV_NO_SOURCES
unexport UV_NO_BINARY
unexport UV_NO_BUILD
unexport UV_NO_INSTALL_PROJECT
unexport UV_NO_INSTALL_WORKSPACE
unexport UV_NO_INSTALL_LOCAL
unexport VIRTUAL_ENV
unexport CONDA_PREFIX
unexport PYTHONPATH
unexport PYTHONHOME
unexport PYTHONSTARTUP
unexport PYTHONINSPECT
unexport PYTHONOPTIMIZE
unexport PYTHONWARNINGS
unexport PYTHONIOENCODING

# The recipes of the group `use` run in the user's folder, so that paths are relative to it. In a
# folder without pyvenv.cfg, uv would replace the packages of the Python that the folder links to.
root := quote(justfile_directory())
sound := "[[ -f \"$UV_PROJECT_ENVIRONMENT/pyvenv.cfg\" ]] || rm -rf \"$UV_PROJECT_ENVIRONMENT\"; "
indicsubs := sound + "uv run --project " + root + " --exact --frozen --quiet --package indicsubs indicsubs"
light := "UV_PROJECT_ENVIRONMENT=venv/dev uv run --frozen --quiet --all-packages --no-default-groups --group dev"
site := light + " --group docs sphinx-build --quiet --fresh-env --fail-on-warning --doctree-dir .indicsubs/doctrees docs site"
in_whisperx := "UV_PROJECT_ENVIRONMENT=venv/whisperx uv run --no-sync --frozen --package indicsubs-whisperx python"
in_common := "UV_PROJECT_ENVIRONMENT=venv/common uv run --no-sync --frozen --package indicsubs-common python"
in_cluster := "PYTHONPATH=tests UV_PROJECT_ENVIRONMENT=venv/cluster uv run --no-sync --frozen --package indicsubs-cluster python"
in_mlx := "UV_PROJECT_ENVIRONMENT=venv/mlx uv run --no-sync --frozen --package indicsubs-mlx python"
in_indictrans2 := "UV_PROJECT_ENVIRONMENT=venv/indictrans2 uv run --no-sync --frozen --package indicsubs-indictrans2 python"
# The splitters that ours is measured against, over the environment of whisperx and outside the lock.
# torchaudio brings the torch that whisperx has: stable-ts would bring the newest.
with_splitters := replace(in_whisperx, " python", " --with-editable ./packages/common --with stable-ts --with srt-equalizer --with subtitle-edit-rate --with torchaudio==2.8.0 python")
# The measure of word errors, over the environment of whisperx. Contenders run in their own environments.
with_jiwer := replace(in_whisperx, " python", " --with jiwer==4.0.0 python")
# The exporter of ONNX graphs, which only the training of the demo's IndicConformer needs.
with_onnx := replace(in_whisperx, " python", " --with onnx==1.23.2 python")
# The detectors that the search for shot changes is measured against, over the environment of common.
with_detectors := "UV_PROJECT_ENVIRONMENT=venv/common uv run --no-sync --frozen --package indicsubs-common --with scenedetect --with imageio-ffmpeg python"

_default:
    @just --list --unsorted

# Build the environments this machine needs (or those named, or `all`)
[group('use')]
[no-cd]
[no-exit-message]
setup *environments:
    @{{ indicsubs }} setup "$@"

# Make subtitles: just run film.mp4 -s hi -t en,ta
[group('use')]
[no-cd]
[no-exit-message]
run *arguments:
    @{{ indicsubs }} run "$@"

# The whole pipeline on the bundled clip, offline
[group('use')]
[no-cd]
[no-exit-message]
demo *arguments: setup
    @{{ indicsubs }} run {{ root }}/demo/clip.mp4 --profile demo -s hi -t en,ta "$@"

# Run one stage of a job again, alone: just stage asr last
[group('use')]
[no-cd]
[no-exit-message]
stage *arguments:
    @{{ indicsubs }} stage "$@"

# The films that wait: just queue add season/ -t en; just queue list; just queue run
[group('use')]
[no-cd]
[no-exit-message]
queue *arguments:
    @{{ indicsubs }} queue "$@"

# Keep folders subtitled until it is stopped: just watch films/ -s hi -t en
[group('use')]
[no-cd]
[no-exit-message]
watch *arguments:
    @{{ indicsubs }} watch "$@"

# Subtitles over HTTP, for Bazarr, OpenAI's clients and a page: just serve -t en --library Films/
[group('use')]
[no-cd]
[no-exit-message]
serve *arguments:
    @{{ indicsubs }} serve "$@"

# Without GRPC_ENABLE_FORK_SUPPORT=0, Ray's server for clients dies now and then as it starts a process.
# Ray on this machine, for `--on`: just ray start --head; just ray start --address HOST:6379; just ray stop
[group('use')]
[no-cd]
[no-exit-message]
ray *arguments:
    @[[ -f {{ root }}/venv/cluster/pyvenv.cfg ]] || { echo "error: The cluster environment is not installed. Build with: just setup cluster" >&2; exit 69; }
    @RAY_AUTH_MODE="${RAY_AUTH_MODE:-token}" GRPC_ENABLE_FORK_SUPPORT=0 RAY_ENABLE_UV_RUN_RUNTIME_ENV=0 RAY_USAGE_STATS_ENABLED=0 UV_PROJECT_ENVIRONMENT={{ root }}/venv/cluster uv run --project {{ root }} --no-sync --frozen --package indicsubs-cluster ray "$@"

# Any other command: just indicsubs status, list, logs, plan, prepare, clean
[group('use')]
[no-cd]
[no-exit-message]
indicsubs *arguments:
    @{{ indicsubs }} "$@"

# Show the models, or fetch some: just models fetch fast
[group('use')]
[no-cd]
[no-exit-message]
models *arguments:
    @{{ indicsubs }} models "$@"

# Check hardware, environments, disk, models and fonts
[group('use')]
[no-cd]
[no-exit-message]
doctor *arguments:
    @{{ indicsubs }} doctor "$@"

# Pass every test, setting up what they need
[group('develop')]
test: (setup "all" "cluster") test-light test-others

# Unit and contract tests, without an engine, in two processes; full coverage of what is pure. Some of them: just test-light FILE -k NAME
[group('develop')]
test-light *arguments:
    {{ light }} pytest {{ if arguments == "" { "tests/unit --numprocesses 2 --dist loadfile --cov" } else { "--override-ini testpaths=tests/unit \"$@\"" } }}

# The tests with engines, with the browser, and of whole runs, two groups at a time; each shows its output when it ends
[group('develop')]
test-others:
    #!/usr/bin/env bash
    set -euo pipefail
    export logs="$PWD/.indicsubs/tests"
    rm -rf "$logs" && mkdir -p "$logs"
    group() {
        echo "=== just $1: begun"
        local log="$logs/${1// /-}.log" status=0
        "{{ just_executable() }}" $1 > "$log" 2>&1 || status=$?
        cat "$log" <(echo "=== just $1: ended with status $status")
        [[ $status == 0 ]] || echo "FAILED: just $1, with status $status" >> "$logs/failed"
    }
    export -f group
    # Not in the background of the shell, where SIGINT would be ignored.
    {
        echo test-end-to-end
        for environment in $(cd tests/engines && ls -d [a-z]*/ | tr -d /); do
            echo "test-engines $environment"
        done
        echo test-corpus
        echo test-browser
    } | xargs -P 2 -I {} bash -c 'group "{}"'
    [[ ! -e "$logs/failed" ]] || { cat "$logs/failed" >&2; exit 1; }

# The pages of the report and of the server in Chromium and Firefox; skips one that is not here, fails where CI is set
[group('develop')]
test-browser *arguments:
    {{ light }} pytest tests/browser "$@"

# Each engine in its own environment (or those named)
[group('develop')]
test-engines *environments:
    #!/usr/bin/env bash
    set -euo pipefail
    for environment in ${@:-$(cd tests/engines && ls -d [a-z]*/ | tr -d /)}; do
        UV_PROJECT_ENVIRONMENT="venv/$environment" uv run --no-sync --frozen \
            --package "indicsubs-$environment" \
            python -m pytest -o filterwarnings=default "tests/engines/$environment"
    done

# The orchestrator with real stages, and the demo from film to film
[group('develop')]
test-end-to-end *arguments:
    {{ light }} pytest tests/integration tests/end_to_end "$@"

# Films and subtitle files as people have them, made from a seed: the stages that open them, in minutes
[group('develop')]
test-corpus seed="11" count="320":
    rm -rf .indicsubs/corpus
    PYTHONPATH=tests {{ light }} python -m corpus.make .indicsubs/corpus --seed "{{ seed }}" --count "{{ count }}"
    PYTHONPATH=tests {{ light }} python -m corpus.stages load_transcript .indicsubs/corpus
    PYTHONPATH=tests {{ in_whisperx }} -m corpus.stages demux .indicsubs/corpus
    PYTHONPATH=tests {{ in_common }} -m corpus.stages subtitles_and_mux .indicsubs/corpus

# The whole corpus through the whole product, open faults too (an hour on 2 cores): just corpus 11 320
[group('develop')]
corpus seed="11" count="320": (setup "common" "whisperx" "indictrans2")
    rm -rf .indicsubs/corpus
    PYTHONPATH=tests {{ light }} python -m corpus.make .indicsubs/corpus --seed "{{ seed }}" --count "{{ count }}"
    PYTHONPATH=tests {{ in_whisperx }} -m corpus.stages demux .indicsubs/corpus --open || true
    PYTHONPATH=tests {{ light }} python -m corpus.product .indicsubs/corpus

# Kill the real pipeline at any moment, and compare what comes of it: just torture 200 SEED (--fake, --transcript FILE)
[group('develop')]
torture *arguments:
    PYTHONPATH=tests {{ light }} python -m torture "$@"

# Every fault at every file operation of the orchestrator (a quarter of an hour)
[group('develop')]
torture-files:
    INDICSUBS_FAULTS=all {{ light }} pytest tests/unit/orchestrator/test_faults.py

# Measure: just bench translation --size 200M --lines 200; just bench subtitles; just bench cuts; just bench library; just bench cluster; just bench speech
[group('develop')]
bench what *arguments:
    {{ if what == "subtitles" { with_splitters } else if what == "cuts" { with_detectors } else if what == "library" { in_whisperx } else if what == "cluster" { in_cluster } else if what == "speech" { with_jiwer } else { in_indictrans2 } }} -m benchmarks.{{ what }} "${@:2}"

# Compare the network with upstream's own code, which lies in a folder and is executed
[group('develop')]
check-upstream folder:
    PYTHONPATH=tests {{ in_indictrans2 }} -m upstream.compare "{{ folder }}"

# Search for inputs that a reader fails on: just fuzz srt (vtt, ass, ttml, cues, transcript, wire)
[group('develop')]
fuzz reader *options:
    PYTHONPATH=tests {{ light }} --with atheris==3.0.0 python -m fuzzing "$@"

# Generate the pages of docs/reference from the code
[group('develop')]
docs-reference:
    {{ light }} python -m docs.generate

# Build the pages of docs/ into site/, strictly: open site/index.html
[group('develop')]
docs: docs-reference
    {{ site }}

# Make the picture of a run, docs/run.svg: runs the demo
[group('develop')]
docs-picture: setup
    {{ light }} python -m docs.generate.run_picture

# Build the pages of docs/, and serve them on this machine
[group('develop')]
docs-serve port="8000": docs
    python3 -m http.server --bind 127.0.0.1 --directory site "{{ port }}"

# Format and mend what can be mended
[group('develop')]
format:
    {{ light }} ruff format .
    {{ light }} ruff check --fix .

# Lint, format, types, import contracts, lock, the docs, the report's page
[group('develop')]
check: && check-page
    {{ light }} ruff format --check .
    {{ light }} ruff check .
    {{ light }} pyright
    {{ light }} lint-imports
    uv lock --check
    {{ site }}

# Bill of materials (CycloneDX) and licences in a folder, and known vulnerabilities; needs the network
[group('develop')]
audit folder=".indicsubs/audit":
    #!/usr/bin/env bash
    set -euo pipefail
    mkdir -p "{{ folder }}"
    # The versions of the lock, with their hashes and where they come from; nothing is installed.
    uv export --quiet --frozen --all-packages --all-groups --no-dev --preview-features sbom-export \
        --format cyclonedx1.5 --output-file "{{ folder }}/bom.cdx.json" > /dev/null
    # The licences that the installed packages declare.
    for python in venv/*/bin/python; do
        name="$(basename "$(dirname "$(dirname "$python")")")"
        uvx --quiet pip-licenses==5.5.5 --python "$python" --from=mixed --with-urls --format=csv \
            --output-file "{{ folder }}/licences-$name.csv" > /dev/null
    done
    {{ indicsubs }} models --json > "{{ folder }}/models.json"
    echo "Written to {{ folder }}: bom.cdx.json, licences-ENVIRONMENT.csv, models.json"
    if grep -hE ',"(UNKNOWN|)",' "{{ folder }}"/licences-*.csv | sort -u; then
        echo "The packages above declare no licence."
    fi
    status=0
    uv audit --frozen --preview-features audit-command || status=$?
    if [[ $status == 2 ]]; then  # of uv: it could not do its work
        echo "NOT audited for vulnerabilities: the database (osv.dev) cannot be reached. Try again with a network." >&2
        exit 69
    fi
    exit $status

# Lint the scripts of the pages, and type-check the report's; the first run installs the tools from npm
[group('develop')]
check-page:
    PYTHONPATH=tests {{ light }} python -m page_checks.check

# Update the tools that check the report's page
[group('develop')]
update-page-checks:
    PYTHONPATH=tests {{ light }} python -m page_checks.update

# Make the demo clip and the demo models anew (needs espeak-ng; about an hour on 2 cores)
[group('develop')]
demo-models: (setup "all")
    {{ in_mlx }} -m demo.vocabulary
    {{ in_whisperx }} -m demo.clip
    {{ in_whisperx }} -m demo.train_recogniser
    {{ in_whisperx }} -m demo.train_aligner
    {{ with_onnx }} -m demo.train_conformer
    {{ in_indictrans2 }} -m demo.train_translator
    @{{ indicsubs }} setup
