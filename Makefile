# The distribution's Python, when it will do: it is built with optimisations that personal builds
# (pyenv) leave out, and makes pages a tenth faster.
PYTHON ?= $(or $(shell for python in /usr/bin/python3 python3; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done),python3)
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test coverage check bench relevance lighthouse install lock messages clean

help: ## Afficher cette aide
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Installer ce qui manque, puis lancer le site et l’annoncer (PORT=8000, DATA_DIR=instance)
	@exec $(PYTHON) -m tools.run

test: ## Installer ce qui manque, puis lancer tous les tests, sur SQLite et sur PostgreSQL
	@exec $(PYTHON) -m tools.suite $(ARGS)

coverage: install ## Mesurer ce que les tests parcourent, sur SQLite
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term $(ARGS)

check: install ## Contrôler le style, les types, les gabarits et les couches du code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/lint-imports --no-cache

bench: install ## Mesurer la page de recherche face au moteur seul
	$(BIN)/python -m tools.bench $(ARGS)

relevance: install ## Mesurer si la recherche trouve ce que veulent les personnes
	$(BIN)/python -m tools.relevance $(ARGS)

lighthouse: install ## Mesurer les pages publiques avec Lighthouse, vues d’un téléphone
	$(BIN)/python -m tools.lighthouse

install: ## Installer les bibliothèques, les paquets npm et les fichiers du navigateur
	@$(PYTHON) -m tools.suite --install-only

lock: ## Refaire les verrous de Python (UPGRADE=1 pour tout mettre à jour)
	$(BIN)/uv pip compile requirements.in -o requirements.txt $(LOCK)
	$(BIN)/uv pip compile requirements-dev.in -o requirements-dev.txt -c requirements.txt $(LOCK)

# Exact versions with the digests of every file, and no address of any registry.
LOCK := --quiet --generate-hashes --no-header --no-annotate --python-version 3.11 \
	$(if $(UPGRADE),--upgrade)

messages: install ## Extraire les textes à traduire dans messages.pot
	$(BIN)/pybabel extract --mapping babel.cfg --keyword lazy --keyword plural:1,2 --no-location \
		--project "Prendre soin" --output messages.pot .

clean: ## Effacer ce qui se refabrique (jamais les données)
	rm -rf .venv node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache htmlcov .coverage*
	find static -name '*.gz' -delete
