# Two commands: `make repro` runs the main job, `make test` runs the tests. Both set up all they need.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export PYTHONHASHSEED := 0
EXTERNAL := $(BIN)/python -m pipeline.external --sets external.yaml --params params.yaml --models models \
	--record reports/external.json --metrics reports/external_metrics.json
# The stages call `python`; the environment's comes first, whether or not it is activated.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1
PAGE = $(BIN)/python -m benchmarks.page --results benchmarks/results --docs docs
# The lock is installed without dependency resolution: every package is named, pinned and hashed in it.
INSTALL := $(BIN)/pip install --disable-pip-version-check -qq --no-deps --require-hashes

.PHONY: repro test external study two-sample cost suspects unread errors walk experiments wheel bench soak scaling \
	bench-training sameness clean help

help:            ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/'

repro: $(VENV)/installed   ## Article to report: every DVC stage, and the external measurement where the set is present
	$(BIN)/dvc repro evaluate
	$(EXTERNAL)
	$(BIN)/dvc repro
	$(BIN)/python -m pipeline.readme --table reports/table.md --readme README.md

test: $(VENV)/installed $(VENV)/cluster  ## Linters, types, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@# One process more than cores: many tests wait for a page, a kill or another process.
	$(BIN)/python -m pytest --numprocesses 3 --dist loadscope

external: $(VENV)/installed  ## Score every model on labelled news outside the corpus
	$(EXTERNAL)

study: $(VENV)/installed   ## Seeds and learning curve: some thirty trainings, three hours on two cores
	$(BIN)/python -m pipeline.study --params params.yaml --sets external.yaml --splits data/splits \
		--contrast data/contrast --models models --seeds reports/seeds.json --curve reports/learning_curve.json

two-sample: $(VENV)/installed  ## How well a classifier tells the corpus from real news
	$(BIN)/python -m pipeline.two_sample --params params.yaml --sets external.yaml --labelled data/labelled.jsonl \
		--record reports/two_sample.json

cost: $(VENV)/installed    ## Measure size and speed of every model once; the report shows the record
	$(BIN)/python -m benchmarks.cost --test data/splits/test.jsonl --models models \
		--finetune-log logs/finetune.json --record reports/cost.json

suspects: $(VENV)/installed  ## List the labels that models of other articles speak against; the report and the review page read it
	$(BIN)/python -m pipeline.suspects --params params.yaml --labelled data/labelled.jsonl \
		--annotations data/raw/annotations --record reports/suspects.json

KINDS := --sets external.yaml --pairs data/raw/contrast.jsonl --types docs/errors.tsv

unread: $(VENV)/installed  ## List errors on real news that nobody has read, outside: make unread OUTPUT=/tmp/unread.txt
	$(BIN)/python -m pipeline.errors list --model models/classifier $(KINDS) --output $(OUTPUT)

errors: $(VENV)/installed  ## Count kinds of errors on real news: make errors BEFORE=FOLDER of an earlier classifier
	$(BIN)/python -m pipeline.errors count --before $(BEFORE) --now models/classifier $(KINDS) --record reports/errors.json --page docs/errors.md

# Another folder with articles/ and annotations/ gets its record and page beside them.
WALK ?= data/walk
WALKED := $(if $(filter data/walk,$(WALK)),--record reports/walk.json --page docs/walk.md,--record $(WALK)/walk.json --page $(WALK)/walk.md)
walk: $(VENV)/installed    ## What thirty reviewed articles buy (one training): make walk WALK=FOLDER for your own
	$(BIN)/python -m pipeline.walk --params params.yaml --sets external.yaml --articles $(WALK)/articles \
		--review $(WALK)/annotations --about $(WALK)/about.md --splits data/splits --contrast data/contrast \
		--models models --work tmp/$(notdir $(WALK)) $(WALKED)

# Every column but these is dropped: `dvc exp show` has one for each file, parameter and metric. The scores stay, though
# no experiment moved them.
COLUMNS_ALWAYS := (.*:)?classifier\.(macro_f1|contrast_both_right)
COLUMNS_KEPT := Experiment|.*validation_macro_f1|classifier\.(macro_f1|contrast)|split\.|baseline\.|finetune\.
experiments: $(VENV)/installed  ## What experiments changed and what came of it, as a table: make experiments ARGS=--all-commits
	@$(BIN)/dvc exp show --no-pager --only-changed --drop '(?!$(COLUMNS_KEPT))' --keep '$(COLUMNS_ALWAYS)' $(ARGS)

wheel: $(VENV)/installed   ## A wheel with the exported model inside, in dist/
	$(BIN)/python -m pipeline.package --runtime models/runtime --wheels dist

bench: $(VENV)/installed   ## Speed of the exported model against transformers, once, on this machine
	$(BIN)/python -m benchmarks.runtime --articles data/articles.jsonl --split data/splits/test.jsonl \
		--sets external.yaml --model models/classifier --runtime models/runtime --record benchmarks/results/runtime.json
	$(PAGE)

soak: $(VENV)/installed    ## Rate and memory over a million sentences: an hour on two cores
	$(BIN)/python -m benchmarks.soak --articles data/articles.jsonl --runtime models/runtime \
		--record benchmarks/results/soak.json
	$(PAGE)

scaling: $(VENV)/installed $(VENV)/cluster  ## A Ray cluster with one worker and with two, on this machine
	$(BIN)/python -m benchmarks.cluster --articles data/articles.jsonl --runtime models/runtime \
		--record benchmarks/results/cluster.json
	$(PAGE)

TRAINING := --params params.yaml --train data/splits/train.jsonl --contrast data/contrast/train.jsonl \
	--validation data/splits/validation.jsonl

bench-training: $(VENV)/installed   ## Speed of fine-tuning against transformers.Trainer, once, on this machine
	$(BIN)/python -m benchmarks.training $(TRAINING) --metrics reports/finetune.json \
		--record benchmarks/results/training.json --page docs/training.md $(ARGS)

sameness: $(VENV)/installed   ## What a training and a model's answers keep on other threads and instruction sets
	$(BIN)/python -m benchmarks.sameness $(TRAINING) --test data/splits/test.jsonl --models models \
		--record benchmarks/results/sameness.json --page docs/reproducibility.md $(ARGS)

$(VENV)/installed: requirements/lock.txt requirements/torch.txt requirements/cuda.txt pyproject.toml
	@$(PYTHON) --version >/dev/null 2>&1 || { echo "make: $(PYTHON) not found; install Python 3.11 or name yours: make PYTHON=python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@# A local CPU wheel of torch if pip knows one, else the index's build and the libraries it asks for.
	$(INSTALL) --no-index -r requirements/torch.txt 2>/dev/null || $(INSTALL) -r requirements/torch.txt
	$(INSTALL) -r requirements/lock.txt
	$(INSTALL:--require-hashes=) --no-build-isolation --editable .
	$(BIN)/pip check >/dev/null || $(INSTALL) -r requirements/cuda.txt
	@touch $@

$(VENV)/cluster: requirements/cluster.txt $(VENV)/installed
	@# Ray: large, and needed by its tests and measurements alone.
	$(INSTALL) -r requirements/cluster.txt
	@touch $@

clean:           ## Remove the environment (outputs of the pipeline stay)
	rm -rf $(VENV)
